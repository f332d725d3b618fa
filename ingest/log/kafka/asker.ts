import type { Admin } from 'kafkajs'
import { createKafkaClient, impatient, type KafkaOptions } from './options.ts'

export type Asker = ReturnType<typeof createAsker>

/** Questions to Kafka over a connection of their own, a new one after each trouble: kafkajs's admin does not always find its way back. */
export function createAsker(options: KafkaOptions) {
  const kafka = createKafkaClient(options, impatient)
  let connection: Promise<Admin> | undefined

  async function connect(): Promise<Admin> {
    const admin = kafka.admin()
    await admin.connect()
    return admin
  }

  async function ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    connection ??= connect()
    const own = connection
    try {
      return await question(await own)
    } catch (error) {
      if (connection === own) connection = undefined
      void own.then((admin) => admin.disconnect()).catch(() => {})
      throw error
    }
  }

  return Object.assign(ask, {
    async close() {
      await (await connection?.catch(() => undefined))?.disconnect()
    },
  })
}
