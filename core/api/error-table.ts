/** How the CLI exits, by the kind of what happened. */
export const EXIT_STATUSES = {
  0: 'done',
  1: 'fault of centpkg or the server',
  2: 'wrong use or input',
  3: 'not found',
  4: 'not logged in or not allowed',
  5: 'conflict',
  6: 'a check failed',
  7: 'server not reachable or not able',
  130: 'interrupted',
} as const;

export type ExitStatus = keyof typeof EXIT_STATUSES;

/** Every error a client can meet, once: what it means, how HTTP says it, how the CLI exits. */
export interface ErrorKind {
  readonly http: number;
  readonly exit: ExitStatus;
  readonly retryable: boolean;
  readonly summary: string;
}

const kind = (http: number, exit: ExitStatus, summary: string, retryable = false): ErrorKind => ({
  http,
  exit,
  retryable,
  summary,
});

export const ERROR_TABLE = {
  internal: kind(500, 1, 'The server failed'),
  input_invalid: kind(400, 2, 'The request is not valid'),
  name_invalid: kind(400, 2, 'The name is not valid'),
  usage: kind(400, 2, 'The command was used wrongly'),
  config_invalid: kind(500, 2, 'The configuration is not valid'),
  protocol_invalid: kind(400, 2, 'The request does not follow the protocol'),
  not_found: kind(404, 3, 'There is no such thing'),
  method_not_allowed: kind(405, 2, 'The method is not allowed here'),
  media_type_unsupported: kind(415, 2, 'The content type is not supported'),
  authentication_required: kind(401, 4, 'Log in first'),
  credential_invalid: kind(401, 4, 'The credential is not valid'),
  not_allowed: kind(403, 4, 'Not allowed'),
  too_many_attempts: kind(429, 4, 'Too many failed logins', true),
  conflict: kind(409, 5, 'It conflicts with what is there'),
  locked: kind(423, 5, 'It is being worked on', true),
  version_unsupported: kind(412, 2, 'The version of the protocol is not supported'),
  checksum_mismatch: kind(400, 6, 'The content does not match its checksum'),
  checksum_weak: kind(406, 6, 'The hash type is too weak for new uploads'),
  check_failed: kind(422, 6, 'A check failed'),
  too_large: kind(413, 6, 'It is too large'),
  range_unsatisfiable: kind(416, 2, 'The range is outside the file'),
  storage_full: kind(507, 7, 'The storage is full'),
  unavailable: kind(503, 7, 'The service is not available now', true),
  client_gone: kind(499, 7, 'The client went away', true),
  interrupted: kind(499, 130, 'Interrupted'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_TABLE;
