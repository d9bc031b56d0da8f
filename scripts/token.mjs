import { accessTokenClaims, demoUsers, findDemoUser } from "./local/demo-users.mjs"
import { requireDevVar } from "./local/dev-vars.mjs"

try {
  const name = process.argv[2] ?? ""
  console.log(name === "service" ? serviceKey() : await accessToken(name))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}

function serviceKey() {
  const [key] = requireDevVar("SERVICE_KEYS").split(",")
  return key.trim()
}

async function accessToken(name) {
  const user = findDemoUser(name)
  if (!user) {
    const names = demoUsers.map((each) => each.name.toLowerCase()).join(", ")
    const problem = name ? `There is no user "${name}".` : "Name a user."
    throw new Error(`${problem} Choose one of: ${names}; or "service" for the key of a server.`)
  }
  const secret = requireDevVar("JWT_SECRET")
  // Imported late: before the first npm start, packages are missing, and the errors above must come first.
  const { sign } = await import("hono/jwt")
  return sign(accessTokenClaims(user), secret, "HS256")
}
