import { DistGitError } from '../../core/api/distgit-error.ts';
import type { ErrorCode } from '../../core/api/error-table.ts';
import type { XmlRpcFault } from './xmlrpc-decode.ts';

/** Koji's own numbers of what went wrong, see `koji/__init__.py`, `faultCode`. */
export const FAULT = {
  python: 1,
  generic: 1000,
  auth: 1002,
  tag: 1003,
  notAllowed: 1004,
  authLock: 1006,
  authExpired: 1007,
  sequence: 1008,
  retry: 1009,
  offline: 1014,
  parameter: 1019,
} as const;

/** A fault whose words anybody may read. */
export interface KojiFault {
  readonly code: number;
  readonly words: string;
}

/** What a hub that debugs writes before all of its variables. */
const DUMP = 'Locals by frame';
const MAX_WORDS = 500;
const NO_WORDS = 'The hub failed and gave no reason that can be shown.';

/**
 * Koji's words without what a hub that debugs adds: a traceback, and a dump of all variables with
 * the hub's environment in it.
 * @returns one line
 */
export function faultWords(text: string): string {
  let words = text.split(DUMP)[0] ?? '';
  if (/^\s*Traceback \(/.test(words) || words !== text) {
    const lines = [...words.matchAll(/^koji\.\w+: /gm)];
    const last = lines.at(-1);
    words = last === undefined ? NO_WORDS : words.slice(last.index + last[0].length);
  }
  const line = words.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
  if (line === '') return NO_WORDS;
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line;
}

/** Two made the same at once, and the other was first. */
const RACE = /UniqueViolation|duplicate key/;
const RACE_WORDS = 'Another asked for the same at once, and was first.';
const PYTHON_WORDS = 'The call failed inside of the hub.';

/** What is no fault of Koji's own making has words of its database, which are not shown. */
export function kojiFault({ code, text }: XmlRpcFault): KojiFault {
  if (code !== FAULT.python) return { code, words: faultWords(text) };
  const [own = ''] = text.split(DUMP);
  return { code, words: RACE.test(own) ? RACE_WORDS : PYTHON_WORDS };
}

/** Why an error came to be: Koji said so. */
export class KojiRefusal extends Error {
  readonly fault: KojiFault;

  constructor(fault: KojiFault) {
    super(`Koji fault ${fault.code}`);
    this.name = 'KojiRefusal';
    this.fault = fault;
  }
}

/** Koji's fault, where the error is one. */
export function faultOfError(error: unknown): KojiFault | null {
  const cause = error instanceof DistGitError ? error.cause : null;
  return cause instanceof KojiRefusal ? cause.fault : null;
}

type Told = readonly [code: ErrorCode, remedy: string];

const LOGIN: Told = [
  'unavailable',
  "Ask a site admin to look at the server's account and certificate for Koji.",
];
const DEFECT: Told = [
  'internal',
  'Tell a site admin: the server and this Koji do not fit together.',
];
const CHECK: Told = ['check_failed', 'Mend what Koji names, then try again.'];
const CONFLICT: Told = ['conflict', 'Look at what Koji has now, then try again.'];
const TOLD: Readonly<Record<number, Told>> = {
  [FAULT.auth]: LOGIN,
  [FAULT.authExpired]: LOGIN,
  [FAULT.authLock]: LOGIN,
  [FAULT.notAllowed]: ['not_allowed', 'Ask a Koji admin for the permission, or to do it.'],
  [FAULT.tag]: CONFLICT,
  [FAULT.offline]: ['unavailable', 'Koji is offline. Try again later.'],
  [FAULT.parameter]: DEFECT,
};

/** Koji has one number for all of these; the words are its only difference. */
const THERE = /\balready (exists|associated|taken|has permission)\b/;
const MISSING = /^No such |\bdoes not exist$|could not be found$/;

/** A fault as our error, in Koji's words. */
export function faultError(fault: KojiFault): DistGitError {
  const { code, words } = fault;
  const [kind, remedy] = TOLD[code] ?? toldByWords(code, words);
  const cause = new KojiRefusal(fault);
  return new DistGitError(kind, `Koji: ${words}`, { detail: { remedy }, cause });
}

function toldByWords(code: number, words: string): Told {
  if (words === RACE_WORDS) return CONFLICT;
  if (code === FAULT.python || words.startsWith('Invalid method: ')) return DEFECT;
  if (code === FAULT.generic && THERE.test(words)) return CONFLICT;
  if (code === FAULT.generic && MISSING.test(words))
    return ['not_found', 'Look for its name in Koji, or have it made there first.'];
  return CHECK;
}

/** Did somebody else do the same in this moment? Then it is there, or can be had by another try. */
export const isRace = ({ code, words }: KojiFault): boolean =>
  words === RACE_WORDS || (code === FAULT.generic && THERE.test(words));
