import type { Role, SettingValues } from './settings.ts'

/** What is wrong between settings that are each right. */
export function contradictions(settings: SettingValues, role: Role): string[] {
  const { LOG, KAFKA_BROKERS, STORE_URL, KAFKA_TLS_CA, KAFKA_TLS_CERT, KAFKA_TLS_KEY } = settings
  const { KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = settings
  const alone = `a ${role} is one process of several, which meet at`
  const files = KAFKA_TLS_CA ?? KAFKA_TLS_CERT ?? KAFKA_TLS_KEY
  const rules: [wrong: boolean, fault: string][] = [
    [role !== 'all' && LOG === 'embedded', `LOG: ${alone} a log that all can reach: LOG=kafka`],
    [(role === 'sink' || role === 'query') && !STORE_URL, `STORE_URL: ${alone} a store that all can reach`],
    [settings.QUERY_STORE_USER !== undefined && !STORE_URL, 'QUERY_STORE_USER: needs the STORE_URL it is a user at'],
    [
      settings.QUERY_STORE_PASSWORD !== undefined && settings.QUERY_STORE_USER === undefined,
      'QUERY_STORE_PASSWORD: QUERY_STORE_USER is needed with it',
    ],
    [settings.PERSISTED_ONLY && !settings.PERSISTED_OPERATIONS, 'PERSISTED_ONLY: needs PERSISTED_OPERATIONS to answer'],
    [LOG === 'kafka' && !KAFKA_BROKERS, 'KAFKA_BROKERS: LOG=kafka needs the address of a broker'],
    [
      brokersOf(settings).some((each) => !/^[^\s:/]+:\d{1,5}$|^\[[0-9a-f:]+\]:\d{1,5}$/.test(each)),
      'KAFKA_BROKERS: each is host:port',
    ],
    [
      settings.KAFKA_MIN_INSYNC > settings.KAFKA_REPLICATION,
      'KAFKA_MIN_INSYNC: more copies than KAFKA_REPLICATION makes',
    ],
    [files !== undefined && !settings.KAFKA_TLS, 'KAFKA_TLS: certificates are given, so it must be true'],
    [!KAFKA_TLS_CERT !== !KAFKA_TLS_KEY, 'KAFKA_TLS_KEY: a certificate and its key come together'],
    [
      KAFKA_SASL_MECHANISM !== undefined && !(KAFKA_SASL_USERNAME && KAFKA_SASL_PASSWORD),
      'KAFKA_SASL_MECHANISM: KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are needed with it',
    ],
    [
      KAFKA_SASL_MECHANISM === undefined && (KAFKA_SASL_USERNAME ?? KAFKA_SASL_PASSWORD) !== undefined,
      'KAFKA_SASL_USERNAME: KAFKA_SASL_MECHANISM is needed with it',
    ],
  ]
  return rules.filter(([wrong]) => wrong).map(([, fault]) => fault)
}

export function brokersOf({ KAFKA_BROKERS }: { readonly KAFKA_BROKERS?: string | undefined }): string[] {
  return (KAFKA_BROKERS ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}
