/** The six operations by openapi-typescript's types and openapi-fetch: node out/js/tasks.js URL */
import createClient from "openapi-fetch";
import type { components, paths } from "./out/contract.js";

declare const process: { argv: string[] };

type Task = components["schemas"]["TaskRead"];

function check(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

const baseUrl = process.argv[2];
check(baseUrl, "Name the server: node out/js/tasks.js http://127.0.0.1:8000");
const client = createClient<paths>({ baseUrl });

const account = { email: `${crypto.randomUUID()}@example.com`, name: "Ada", password: "correct horse battery" };
const signedUp = await client.POST("/api/auth/sign-up", { body: account });
check(signedUp.data, "sign up");
const bearer: "bearer" = signedUp.data.token_type;
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `${bearer} ${signedUp.data.access_token}`);
  },
});

const mine = { path: { user_id: "me" } };
const created = await client.POST("/api/{user_id}/tasks", { params: mine, body: { title: "Buy milk" } });
check(created.data, "create");
const task: Task = created.data;
const description: string | null = task.description;
check(!task.completed && description === null, "a new task");

const listed = await client.GET("/api/{user_id}/tasks", { params: { ...mine, query: { status: "pending", limit: 20 } } });
check(Array.isArray(listed.data) && listed.data.length === 1 && listed.data[0]?.id === task.id, "list");
check((await client.GET("/api/{user_id}/tasks", { params: mine })).data, "list, without a query");

const params = { path: { user_id: task.user_id, task_id: task.id } };
const found = await client.GET("/api/{user_id}/tasks/{task_id}", { params });
check(found.data?.title === "Buy milk", "get");
const put = await client.PUT("/api/{user_id}/tasks/{task_id}", { params, body: { title: "Buy oat milk" } });
check(put.data?.title === "Buy oat milk", "change, by PUT with a title alone");
const patched = await client.PATCH("/api/{user_id}/tasks/{task_id}", { params, body: { ...put.data, description: "Two litres" } });
check(patched.data?.description === "Two litres", "change, by PATCH with the task as it was received");

const complete = "/api/{user_id}/tasks/{task_id}/complete";
check((await client.PATCH(complete, { params })).data?.completed === true, "complete, without a body");
check((await client.PATCH(complete, { params, body: {} })).data?.completed === false, "reopen, with {}");
check((await client.PATCH(complete, { params, body: { completed: true } })).data?.completed, "complete, in words");

check((await client.DELETE("/api/{user_id}/tasks/{task_id}", { params })).response.status === 204, "delete");
const gone = await client.GET("/api/{user_id}/tasks/{task_id}", { params });
check(gone.error, "an error is an error");
const code: string = gone.error.error;
const fields: string[] = gone.error.details.map((detail) => detail.field);
check(code === "task_not_found" && fields.length === 0, "a typed error");
check((await client.POST("/api/auth/sign-out", { body: {} })).response.status === 204, "sign out");

// Patterns are read by browsers with the flag `u` (in JSON Schema) and without it (by hand).
const contract = await (await fetch(`${baseUrl}/openapi.json`)).json();
const pattern: string = contract.components.schemas.TaskCreate.properties.title.pattern;
for (const flags of ["", "u"]) {
  const visible = new RegExp(pattern, flags);
  check(["a", " a ", "🙂", "\u200b🙂", "\ue000"].every((title) => visible.test(title)), `visible /${flags}`);
  check(!["", " ", "\u200b\ufeff\u3000", "a\0", "\0a"].some((title) => visible.test(title)), `blank /${flags}`);
}

/** What must not compile. */
export async function refused() {
  // @ts-expect-error - a new task needs a title
  await client.POST("/api/{user_id}/tasks", { params: mine, body: {} });
  // @ts-expect-error - null is no title
  await client.PUT("/api/{user_id}/tasks/{task_id}", { params, body: { title: null } });
  // @ts-expect-error - there is no such member
  const unknown: components["schemas"]["TaskCreate"] = { title: "x", done: true };
  await client.POST("/api/{user_id}/tasks", { params: mine, body: unknown });
  // @ts-expect-error - nor such a state
  await client.GET("/api/{user_id}/tasks", { params: { ...mine, query: { status: "later" } } });
  // @ts-expect-error - nor such a member of an answer
  return task.done;
}

console.log("The client in TypeScript: all six operations.");
