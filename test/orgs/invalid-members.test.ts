import { describe, expect, it } from "vitest"
import { request, server } from "../support/people"
import { selectRows } from "../support/select-rows"
import { ALICE, BOB, IVY, MEMBERS, membersOf } from "../support/org-members"

const locations = (issues: any[]) => issues.map((issue) => issue.loc.join("."))

async function flawsIn(response: Response) {
  expect(response.status).toBe(422)
  return locations((await response.json<any>()).detail)
}

const membersAndRoles = () => selectRows("SELECT * FROM org_users")

/** The locations of issues for PUT and PATCH, both of which refuse the list. Throws if anything was written. */
async function flawsOf(list: unknown) {
  const before = await membersAndRoles()
  const [put, patch] = [
    await flawsIn(await server.put(MEMBERS, list)),
    await flawsIn(await server.patch(MEMBERS, list)),
  ]
  expect(put).toEqual(patch)
  expect(await membersAndRoles()).toEqual(before)
  return put
}

/** The locations of issues in rows: PUT refuses the list, and PATCH those rows. Throws if PUT wrote anything. */
async function flawsOfRows(list: unknown[]) {
  const before = await membersAndRoles()
  const put = await flawsIn(await server.put(MEMBERS, list))
  expect(await membersAndRoles()).toEqual(before)
  const response = await server.patch(MEMBERS, list)
  expect(response.status).toBe(200)
  expect(locations((await response.json<any>()).errors)).toEqual(put)
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
  expect(await flawsOfRows([ALICE, { ...BOB, [field]: value }])).toEqual([`body.1.${field}`])
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
  expect(await flawsOfRows([entry])).toEqual(["body.0"])
})

it("rejects the same user_id twice, as number or text", async () => {
  const list = [ALICE, BOB, { ...ALICE, user_id: 1 }, { ...BOB, role: "admin" }]
  expect(await flawsOfRows(list)).toEqual(["body.2.user_id", "body.3.user_id"])
  const response = await server.put(MEMBERS, [ALICE, ALICE])
  expect((await response.json<any>()).detail).toEqual([
    { loc: ["body", 1, "user_id"], msg: "named twice in this list", type: "custom", user_id: "1" },
  ])
})

describe("a list with some rows that cannot be taken", () => {
  const PRIYA = { user_id: 1002, email: "priya@दिल्ली.भारत", role: "member" }
  const wrong = [
    { user_id: 1003, email: "ok3@acme.test", role: "owner" },
    { user_id: 1004, email: "no at", role: "member", name: "x".repeat(201) },
    { user_id: "a b", email: "ok5@acme.test", role: "member" },
    { user_id: 1006, email: "ok6@acme.test", role: "member", name: "half \ud800" },
    { user_id: 1007, email: "ok7@acme.test", role: "member", rôle: "admin" },
    [],
  ]
  const list = [...wrong.slice(0, 3), PRIYA, ...wrong.slice(3), IVY]

  it("is taken without them by PATCH, which names them", async () => {
    const response = await server.patch(MEMBERS, list)
    expect(response.status).toBe(200)
    const { success, res, refused, errors } = await response.json<any>()
    expect({ success, res, refused }).toEqual({
      success: true,
      res: { added: 2, changed: 0, removed: 0, unchanged: 0 },
      refused: 6,
    })
    expect(errors.map(({ index, user_id, loc }: any) => [index, user_id, loc.join(".")])).toEqual([
      [0, 1003, "body.0.role"],
      [1, 1004, "body.1.email"],
      [1, 1004, "body.1.name"],
      [2, "a b", "body.2.user_id"],
      [4, 1006, "body.4.name"],
      [5, 1007, "body.5.rôle"],
      [6, null, "body.6"],
    ])
    expect(errors[1]).toEqual({
      index: 1,
      user_id: 1004,
      email: "no at",
      loc: ["body", 1, "email"],
      msg: "not an e-mail address: it has no @",
      type: "custom",
    })
    expect((await membersOf()).slice(2)).toMatchObject([
      { user_id: "1002", email: "priya@xn--j2bya4ch0f.xn--h2brj9c" },
      IVY,
    ])
  })

  it("is refused as a whole by PUT, which names them", async () => {
    const before = await membersAndRoles()
    const response = await server.put(MEMBERS, list)
    expect(response.status).toBe(422)
    const { detail } = await response.json<any>()
    expect(detail).toHaveLength(7)
    expect(detail[0]).toMatchObject({ loc: ["body", 0, "role"], user_id: 1003 })
    expect(await membersAndRoles()).toEqual(before)
  })

  it("names at most 100 of them, and counts them all", async () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ user_id: i, email: "x", role: "member" }))
    const { refused, errors } = await (await server.patch(MEMBERS, many)).json<any>()
    expect([refused, errors.length]).toEqual([300, 100])
    expect((await (await server.put(MEMBERS, many)).json<any>()).detail).toHaveLength(100)
  })

  it("takes the first row of a person that can be taken", async () => {
    await server.patch(MEMBERS, [
      { ...BOB, role: "owner" },
      { ...BOB, role: "analyst" },
      { ...BOB, role: "admin" },
    ])
    expect((await membersOf())[1]).toMatchObject({ ...BOB, role: "analyst" })
  })
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
