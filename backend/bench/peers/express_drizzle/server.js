// Express + Drizzle ORM + jsonwebtoken, bodies checked by zod.
import { and, desc, eq, not, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { boolean, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import express from 'express'
import jwt from 'jsonwebtoken'
import { createSecretKey } from 'node:crypto'
import pg from 'pg'
import { z } from 'zod'

const tasks = pgTable('peer_task', {
  id: uuid('id').notNull().default(sql`uuidv7()`),
  user_id: text('user_id').notNull(),
  title: text('title').notNull(),
  description: text('description'),
  completed: boolean('completed').notNull().default(false),
  created_at: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  updated_at: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow()
    .$onUpdate(() => new Date()),
}, (table) => [primaryKey({ columns: [table.user_id, table.id] })])

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.POOL_SIZE),
})
const db = drizzle(pool)
// A key made once: of a bare string jsonwebtoken first tries to make a public key, every time.
const secret = createSecretKey(process.env.JWT_SECRET, 'utf8')

const listQuery = z.object({ limit: z.coerce.number().int().min(1).max(200).default(100) })
const taskParams = z.object({ user_id: z.string().min(1).max(255), id: z.uuid() })
const title = z.string().min(1).max(500)
const description = z.string().max(5000).nullish()
const createBody = z.object({ title, description })
const updateBody = z.object({ title, description, completed: z.boolean() }).partial()
const completeBody = z.object({ completed: z.boolean().optional() })

function authenticate(request, response, next) {
  const [scheme, token] = (request.get('authorization') ?? '').split(' ')
  try {
    if (scheme !== 'Bearer') throw new Error('no bearer token')
    request.auth = jwt.verify(token, secret, { algorithms: ['HS256'] })
  } catch {
    return response.status(401).json({ detail: 'Unauthorized' })
  }
  if (request.auth.sub !== request.params.user_id) {
    return response.status(403).json({ detail: 'Forbidden' })
  }
  next()
}

function owned(params) {
  const { user_id, id } = taskParams.parse(params)
  return and(eq(tasks.user_id, user_id), eq(tasks.id, id))
}

function one(response, rows) {
  if (rows.length === 0) return response.status(404).json({ detail: 'Task not found' })
  response.json(rows[0])
}

const router = express.Router({ mergeParams: true })
router.use(authenticate)

router.get('/', async (request, response) => {
  const { limit } = listQuery.parse(request.query)
  response.json(await db.select().from(tasks)
    .where(eq(tasks.user_id, request.params.user_id)).orderBy(desc(tasks.id)).limit(limit))
})

router.post('/', async (request, response) => {
  const body = createBody.parse(request.body)
  const [row] = await db.insert(tasks)
    .values({ ...body, user_id: request.params.user_id }).returning()
  response.status(201).json(row)
})

router.get('/:id', async (request, response) => {
  one(response, await db.select().from(tasks).where(owned(request.params)))
})

router.put('/:id', async (request, response) => {
  const body = updateBody.parse(request.body)
  one(response, await db.update(tasks).set(body).where(owned(request.params)).returning())
})

router.delete('/:id', async (request, response) => {
  const { rowCount } = await db.delete(tasks).where(owned(request.params))
  if (rowCount === 0) return response.status(404).json({ detail: 'Task not found' })
  response.status(204).end()
})

router.patch('/:id/complete', async (request, response) => {
  const { completed = not(tasks.completed) } = completeBody.parse(request.body ?? {})
  one(response, await db.update(tasks).set({ completed }).where(owned(request.params)).returning())
})

const app = express()
app.disable('x-powered-by')
app.use(express.json())
app.use('/api/:user_id/tasks', router)
app.use((error, request, response, next) => {
  if (error instanceof z.ZodError) return response.status(422).json({ detail: error.issues })
  response.status(error.status ?? 500).json({ detail: error.message })
})
app.listen(Number(process.env.PORT), process.env.HOST)
