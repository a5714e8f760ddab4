// Fastify + pg + @fastify/jwt: JSON schemas in and out, named (prepared) statements, a pool.
import fastifyJwt from '@fastify/jwt'
import Fastify from 'fastify'
import pg from 'pg'

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.POOL_SIZE),
})
const app = Fastify({ logger: false })
app.register(fastifyJwt, { secret: process.env.JWT_SECRET, verify: { algorithms: ['HS256'] } })

const task = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    user_id: { type: 'string' },
    title: { type: 'string' },
    description: { type: ['string', 'null'] },
    completed: { type: 'boolean' },
    created_at: { type: 'string', format: 'date-time' },
    updated_at: { type: 'string', format: 'date-time' },
  },
}
const title = { type: 'string', minLength: 1, maxLength: 500 }
const description = { type: ['string', 'null'], maxLength: 5000 }
const userParams = {
  type: 'object',
  properties: { user_id: { type: 'string', minLength: 1, maxLength: 255 } },
}
const taskParams = {
  type: 'object',
  properties: { ...userParams.properties, id: { type: 'string', format: 'uuid' } },
}

app.addHook('onRequest', async (request, reply) => {
  try {
    await request.jwtVerify()
  } catch {
    return reply.code(401).send({ detail: 'Unauthorized' })
  }
  if (request.user.sub !== request.params.user_id) {
    return reply.code(403).send({ detail: 'Forbidden' })
  }
})

function one(reply, result) {
  if (result.rows.length === 0) return reply.code(404).send({ detail: 'Task not found' })
  return result.rows[0]
}

const base = '/api/:user_id/tasks'

app.get(base, {
  schema: {
    params: userParams,
    querystring: {
      type: 'object',
      properties: { limit: { type: 'integer', minimum: 1, maximum: 200, default: 100 } },
    },
    response: { 200: { type: 'array', items: task } },
  },
}, async (request) => {
  const { rows } = await pool.query({
    name: 'list',
    text: 'SELECT * FROM peer_task WHERE user_id = $1 ORDER BY id DESC LIMIT $2',
    values: [request.params.user_id, request.query.limit],
  })
  return rows
})

app.post(base, {
  schema: {
    params: userParams,
    body: { type: 'object', required: ['title'], properties: { title, description } },
    response: { 201: task },
  },
}, async (request, reply) => {
  const { rows } = await pool.query({
    name: 'create',
    text: 'INSERT INTO peer_task (user_id, title, description) VALUES ($1, $2, $3) RETURNING *',
    values: [request.params.user_id, request.body.title, request.body.description],
  })
  return reply.code(201).send(rows[0])
})

app.get(`${base}/:id`, {
  schema: { params: taskParams, response: { 200: task } },
}, async (request, reply) => one(reply, await pool.query({
  name: 'get',
  text: 'SELECT * FROM peer_task WHERE user_id = $1 AND id = $2',
  values: [request.params.user_id, request.params.id],
})))

app.put(`${base}/:id`, {
  schema: {
    params: taskParams,
    body: { type: 'object', properties: { title, description, completed: { type: 'boolean' } } },
    response: { 200: task },
  },
}, async (request, reply) => one(reply, await pool.query({
  name: 'update',
  text: `UPDATE peer_task SET title = coalesce($3, title), description = coalesce($4, description),
           completed = coalesce($5, completed), updated_at = now()
         WHERE user_id = $1 AND id = $2 RETURNING *`,
  values: [
    request.params.user_id, request.params.id,
    request.body.title, request.body.description, request.body.completed,
  ],
})))

app.delete(`${base}/:id`, { schema: { params: taskParams } }, async (request, reply) => {
  const { rowCount } = await pool.query({
    name: 'delete',
    text: 'DELETE FROM peer_task WHERE user_id = $1 AND id = $2',
    values: [request.params.user_id, request.params.id],
  })
  return rowCount ? reply.code(204).send() : reply.code(404).send({ detail: 'Task not found' })
})

app.patch(`${base}/:id/complete`, {
  schema: {
    params: taskParams,
    body: { type: 'object', properties: { completed: { type: 'boolean' } } },
    response: { 200: task },
  },
  preValidation: async (request) => { request.body ??= {} },
}, async (request, reply) => one(reply, await pool.query({
  name: 'complete',
  text: `UPDATE peer_task SET completed = coalesce($3, NOT completed), updated_at = now()
         WHERE user_id = $1 AND id = $2 RETURNING *`,
  values: [request.params.user_id, request.params.id, request.body.completed],
})))

await app.listen({ host: process.env.HOST, port: Number(process.env.PORT) })
