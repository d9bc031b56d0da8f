import { accessTokenClaims, demoUsers, findDemoUser } from "./local/demo-users.mjs"
import { requireDevVar } from "./local/dev-vars.mjs"

try {
  const name = process.argv[2] ?? ""
  const user = findDemoUser(name)
  if (!user) {
    const names = demoUsers.map((each) => each.name.toLowerCase()).join(", ")
    throw new Error(`${name ? `There is no user "${name}".` : "Name a user."} Choose one of: ${names}.`)
  }
  const secret = requireDevVar("JWT_SECRET")
  // Imported late: before the first npm start, packages are missing, and the errors above must come first.
  const { sign } = await import("hono/jwt")
  console.log(await sign(accessTokenClaims(user), secret, "HS256"))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
