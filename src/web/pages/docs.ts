// The page that shows the description of the API. Its cookie goes along with what is tried out, as on any other page.

/** swagger-ui-bundle.js, which comes before this script, leaves it. */
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
  // Nothing of it leaves for a validator elsewhere.
  validatorUrl: null,
})
