/** The settings of a broker, each with its reason. */
import { join } from 'node:path'
import type { BrokerPlan, ClusterPlan } from './plan.ts'

/** How clients of a cluster with SASL log in, over PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. Known to all: loopback only, for tests. */
export const saslUser = { username: 'stepstream', password: 'stepstream-secret' } as const

const protocols = { plaintext: 'PLAINTEXT', sasl: 'SASL_PLAINTEXT', tls: 'SSL', 'tls+sasl': 'SASL_SSL' } as const

/** `server.properties` of one broker. */
export function brokerProperties(cluster: ClusterPlan, broker: BrokerPlan): string {
  const settings = {
    ...networkSettings(cluster, broker),
    ...safetySettings(cluster.brokers.length),
    ...smallMachineSettings,
    ...securitySettings(cluster),
    ...cluster.settings,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}

function networkSettings({ brokers, security }: ClusterPlan, broker: BrokerPlan): Record<string, string> {
  const at = (listener: string, port: number) => `${listener}://127.0.0.1:${port}`
  return {
    // Broker and controller in one process: nothing else is to be started.
    'process.roles': 'broker,controller',
    'node.id': `${broker.id}`,
    'controller.quorum.voters': brokers.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
    // Loopback only: these brokers let everybody in.
    listeners: [
      at('CLIENT', broker.port),
      at('INTERNAL', broker.internalPort),
      at('CONTROLLER', broker.controllerPort),
    ].join(','),
    // A proxy may stand between clients and broker, then they must be told its port.
    'advertised.listeners': [at('CLIENT', broker.advertisedPort), at('INTERNAL', broker.internalPort)].join(','),
    'listener.security.protocol.map': `CLIENT:${protocols[security]},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    // Of its own, so that a proxy's faults and the clients' login are no matter of replication.
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(broker.folder, 'data'),
  }
}

function safetySettings(brokers: number): Record<string, string> {
  const replicas = `${brokers}`
  const inSync = brokers === 1 ? '1' : '2'
  return {
    // A misspelt topic is an error, not a topic with one partition.
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    // With three brokers one may be lost, and what is acknowledged is still on two.
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    // A replica that lacks acknowledged records must not lead.
    'unclean.leader.election.enable': 'false',
    // Committed offsets carry the state of exactly-once; the default forgets them after a week without a consumer. This is the maximum.
    'offsets.retention.minutes': '2147483647',
    // After SIGKILL a broker is let in again when its old session is over, and only then do others lead for it; the default is nine seconds.
    'broker.session.timeout.ms': brokers === 1 ? '1500' : '3000',
    'broker.heartbeat.interval.ms': brokers === 1 ? '250' : '500',
  }
}

const smallMachineSettings: Record<string, string> = {
  // The default waits three seconds for more members before a group's first assignment.
  'group.initial.rebalance.delay.ms': '0',
  // Lets a consumer ask for a session of six seconds or less, so that a lost one is replaced soon.
  'group.min.session.timeout.ms': '1000',
  // The default of 50 partitions each makes the first commit of a group and the first transaction slow.
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '3',
  'share.coordinator.state.topic.num.partitions': '3',
  // Made for two cores, of which Stepstream needs one.
  'num.network.threads': '2',
  'num.io.threads': '4',
  'num.replica.fetchers': '1',
  'background.threads': '2',
  'num.recovery.threads.per.data.dir': '2',
  // A request of a megabyte comes in few reads; with the default of 100 KiB the sender waits for room.
  'socket.receive.buffer.bytes': '1048576',
  'socket.send.buffer.bytes': '1048576',
  // A cleaner's buffer is 128 MiB by default, of a heap that is hardly larger.
  'log.cleaner.dedupe.buffer.size': '8388608',
}

function securitySettings({ security, keystore }: ClusterPlan): Record<string, string> {
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const { username, password } = saslUser
  return {
    ...(security.includes('sasl') && {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.client.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
      'listener.name.client.scram-sha-256.sasl.jaas.config': scram,
      'listener.name.client.scram-sha-512.sasl.jaas.config': scram,
    }),
    ...(keystore && {
      'listener.name.client.ssl.keystore.type': 'PKCS12',
      'listener.name.client.ssl.keystore.location': keystore.path,
      'listener.name.client.ssl.keystore.password': keystore.password,
      'listener.name.client.ssl.key.password': keystore.password,
    }),
  }
}
