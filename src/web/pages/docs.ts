// The API documentation page (Swagger UI). Requests of "Try it out" carry the cookie, as on any other page.

/** A global of swagger-ui-bundle.js, which is loaded before this script. */
declare const SwaggerUIBundle: (options: Record<string, unknown>) => unknown

const isDark = matchMedia("(prefers-color-scheme: dark)")
const follow = () => document.documentElement.classList.toggle("dark-mode", isDark.matches)
isDark.addEventListener("change", follow)
follow()

SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // Do not send the description to Swagger's online validator.
  validatorUrl: null,
})
