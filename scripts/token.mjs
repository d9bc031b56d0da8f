import { devVar } from "./local/dev-vars.mjs"
import { claimsOf, people, personNamed } from "./local/demo-users.mjs"

try {
  const name = process.argv[2] ?? ""
  const person = personNamed(name)
  if (!person) {
    const names = people.map((each) => each.name.toLowerCase()).join(", ")
    throw new Error(`${name ? `Nobody here is called "${name}".` : "Whose token?"} There are: ${names}.`)
  }
  const secret = devVar("JWT_SECRET")
  // Only now, so that a clone that was never started hears the sentence above and not that a package is missing.
  const { sign } = await import("hono/jwt")
  console.log(await sign(claimsOf(person), secret, "HS256"))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
