import { expect, it } from "vitest"
import { request, server } from "../support/people"
import { selectRows } from "../support/select-rows"
import { ALICE, BOB, MEMBERS } from "../support/org-members"

async function flawsIn(response: Response) {
  expect(response.status).toBe(422)
  const { detail } = await response.json<any>()
  return detail.map((issue: any) => issue.loc.join("."))
}

/** The locations of issues for PUT and PATCH. Throws if anything was written. */
async function flawsOf(list: unknown) {
  const before = await selectRows("SELECT * FROM org_users")
  const [put, patch] = [
    await flawsIn(await server.put(MEMBERS, list)),
    await flawsIn(await server.patch(MEMBERS, list)),
  ]
  expect(put).toEqual(patch)
  expect(await selectRows("SELECT * FROM org_users")).toEqual(before)
  return put
}

it.each<[string, unknown]>([
  ["user_id", undefined],
  ["user_id", ""],
  ["user_id", "a b"],
  ["user_id", "é"],
  ["user_id", "a\u0000b"],
  ["user_id", "x".repeat(101)],
  ["user_id", 1.5],
  ["user_id", 9_007_199_254_740_992],
  ["user_id", null],
  ["user_id", true],
  ["email", undefined],
  ["email", ""],
  ["email", "bob"],
  ["email", "@acme.test"],
  ["email", "bob@"],
  ["email", "bob@acme.test, alice@acme.test"],
  ["email", "bob@acme.test\r\nBcc: everybody@acme.test"],
  ["email", "Bob <bob@acme.test>"],
  ["email", "bob@acme.test;alice@acme.test"],
  ["email", "bob@acme.test alice@acme.test"],
  ["email", "bob@acme.test@globex.test"],
  ["email", '"bob"@acme.test'],
  ["email", "bob(admin)@acme.test"],
  ["email", "bob\\@acme.test"],
  ["email", "bo\rb@acme.test"],
  ["email", "bo\nb@acme.test"],
  ["email", "bo\u0000b@acme.test"],
  ["email", "bo\u0007b@acme.test"],
  ["email", "bo\u0085b@acme.test"],
  ["email", "bo\u00adb@acme.test"],
  ["email", "bo\u200bb@acme.test"],
  ["email", "\u202ebob@acme.test"],
  ["email", "bo\u2028b@acme.test"],
  ["email", "bob@acme\u200b.test"],
  ["email", "bob@acme.test\u202e"],
  ["email", "bob@acme..test"],
  ["email", "bob@.acme.test"],
  ["email", "bob@[127.0.0.1]"],
  ["email", "bob@127.0.0.1"],
  ["email", "bob.@acme.test"],
  ["email", `${"x".repeat(65)}@acme.test`],
  ["email", "mailto:bob@acme.test"],
  ["email", `${"x".repeat(250)}@acme.test`],
  ["email", null],
  ["name", 1],
  ["name", "x".repeat(201)],
  ["role", undefined],
  ["role", "owner"],
  ["role", "Admin"],
  ["role", "toString"],
  ["role", null],
  ["id", 1],
  ["removed_at", null],
])("rejects %s: %j", async (field, value) => {
  expect(await flawsOf([ALICE, { ...BOB, [field]: value }])).toEqual([`body.1.${field}`])
})

it.each<[string, unknown]>([
  ["nothing", null],
  ["one person", ALICE],
  ["a list in an object", { members: [ALICE] }],
  ["a word", "everybody"],
])("requires a list, not %s", async (_, body) => {
  expect(await flawsOf(body)).toEqual(["body"])
})

it.each<[string, unknown]>([
  ["a word", "1"],
  ["a list", [ALICE]],
  ["nothing", null],
])("requires a list of members, not of %s", async (_, entry) => {
  expect(await flawsOf([entry])).toEqual(["body.0"])
})

it("rejects the same user_id twice, as number or text", async () => {
  const list = [ALICE, BOB, { ...ALICE, user_id: 1 }, { ...BOB, role: "admin" }]
  expect(await flawsOf(list)).toEqual(["body.2.user_id", "body.3.user_id"])
  const response = await server.put(MEMBERS, [ALICE, ALICE])
  expect((await response.json<any>()).detail).toEqual([
    { loc: ["body", 1, "user_id"], msg: "named twice in this list", type: "custom" },
  ])
})

it.each([
  ["blanks and lines around it", " bob@acme.test\r\n", "bob@acme.test"],
  ["capitals", "Bob@ACME.test", "bob@acme.test"],
  ["a tag", "o'brien+dalgo@acme.test", "o'brien+dalgo@acme.test"],
  ["a domain in other letters", "priya@दिल्ली.भारत", "priya@xn--j2bya4ch0f.xn--h2brj9c"],
  ["a domain in other letters, as mail writes it", "bob@xn--bcher-kva.test", "bob@xn--bcher-kva.test"],
  ["other letters", "আলিস@acme.test", "আলিস@acme.test"],
])("accepts an address with %s", async (_, email, stored) => {
  expect((await server.patch(MEMBERS, [{ ...BOB, email }])).status).toBe(200)
  expect(await selectRows("SELECT email FROM org_users WHERE user_id = ?", BOB.user_id)).toEqual([{ email: stored }])
})

it("accepts the same email address twice, for two accounts", async () => {
  expect((await server.put(MEMBERS, [ALICE, { ...BOB, email: ALICE.email }])).status).toBe(200)
})

it("accepts at most 10,000 members", async () => {
  const people = Array.from({ length: 10_001 }, (_, i) => ({
    user_id: 100_000 + i,
    email: `firstname.lastname${i}@organisation.test`,
    name: `Firstname Lastname ${i}`,
    role: "pipeline-manager",
  }))
  expect(await flawsOf(people)).toEqual(["body"])
  expect((await server.put(MEMBERS, people.slice(1))).status).toBe(200)
})

it("accepts a body of at most 1.5 MiB", async () => {
  const largest = 1.5 * 1024 * 1024
  const list = [ALICE, BOB]
  const blanks = " ".repeat(largest - JSON.stringify(list).length)
  const headers = { authorization: "Bearer service-key-new", "content-type": "application/json" }
  const send = (body: string) => request(MEMBERS, { method: "PUT", headers, body })
  expect((await send(JSON.stringify(list) + blanks)).status).toBe(200)
  const rejected = await send(`${JSON.stringify(list)}${blanks} `)
  expect(rejected.status).toBe(413)
  expect(await rejected.json()).toEqual({ detail: `the body is larger than ${largest} bytes` })
})
