import { fail } from '../api/distgit-error.ts';
import { broken, parseBase64, WireReader } from './ssh-wire.ts';
import { type Brand, parseByRule, quoted } from './text.ts';

/** The kinds of public keys that may log in, by OpenSSH's names. */
export const SSH_KEY_TYPES = [
  'ssh-ed25519',
  'sk-ssh-ed25519@openssh.com',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'ssh-rsa',
] as const;
export type SshKeyType = (typeof SSH_KEY_TYPES)[number];

export interface SshPublicKey {
  readonly type: SshKeyType;
  /** The wire form, in base64. */
  readonly base64: string;
  /** What stands behind the key; empty: nothing. */
  readonly comment: string;
}

/** `SHA256:` and 43 characters, as `ssh-keygen -l` shows it: names a key everywhere. */
export type SshFingerprint = Brand<'SshFingerprint'>;

const MIN_RSA_BITS = 3072;
const MAX_RSA_BITS = 16384;
const ADVICE = 'Make a key with: ssh-keygen -t ed25519';
/** Bytes of an uncompressed point: a mark, and two coordinates. */
const POINT_BYTES = { nistp256: 65, nistp384: 97, nistp521: 133 } as const;

/**
 * One line of a `.pub` file: `<type> <base64> [comment]`. Options before it, certificates, DSA, and
 * RSA of fewer than 3072 bits (less than 128 bits of strength by NIST SP 800-57) are refused.
 * @throws DistGitError `input_invalid`
 */
export function parseSshPublicKey(text: string): SshPublicKey {
  if (text.includes('-----BEGIN'))
    fail(
      'input_invalid',
      'That is a private key, or no SSH key at all.',
      'Give the file that ends in .pub. A private key that others have seen must be replaced.',
    );
  const line = text.trim();
  if (/[\r\n]/.test(line))
    fail('input_invalid', 'That is more than one line.', 'Add each key by itself.');
  const match = /^(\S+)[ \t]+(\S+)(?:[ \t]+(.*))?$/.exec(line);
  if (match === null) fail('input_invalid', 'That is no public SSH key.', ADVICE);
  const [, word = '', base64 = '', comment = ''] = match;
  const type = knownType(word);
  if (/\p{Cc}/u.test(comment) || comment.length > 200 || !comment.isWellFormed())
    fail('input_invalid', 'The comment of the key is too long or odd.', 'Change or remove it.');
  const reader = new WireReader(parseBase64(base64));
  if (reader.text() !== type) broken();
  readKeyFields(type, reader);
  if (!reader.atEnd) broken();
  return { type, base64, comment: comment.trim() };
}

function knownType(word: string): SshKeyType {
  const type = SSH_KEY_TYPES.find((one) => one === word);
  if (type !== undefined) return type;
  if (word.endsWith('-cert-v01@openssh.com'))
    fail(
      'input_invalid',
      'That is a certificate: those log in by their authority, and are not added.',
      'Add the public key, or just use the certificate.',
    );
  if (word === 'ssh-dss') fail('input_invalid', 'DSA keys are too weak.', ADVICE);
  return fail(
    'input_invalid',
    `A key of type ${quoted(word)} is not taken, nor are options before a key.`,
    `Types: ${SSH_KEY_TYPES.join(', ')}. ${ADVICE}`,
  );
}

/**
 * The fields that make a key of this type, as they stand in keys and certificates.
 * @throws DistGitError `input_invalid` for what is damaged or too weak
 */
export function readKeyFields(type: SshKeyType, reader: WireReader): void {
  if (type === 'ssh-rsa') {
    const exponent = reader.positive();
    const bits = reader.positive().toString(2).length;
    if (exponent < 3n || exponent % 2n === 0n) broken();
    if (bits < MIN_RSA_BITS)
      fail(
        'input_invalid',
        `The RSA key has ${bits} bits; fewer than ${MIN_RSA_BITS} are too weak by today's rules.`,
        ADVICE,
      );
    if (bits > MAX_RSA_BITS)
      fail('input_invalid', `The RSA key has ${bits} bits; that costs too much time.`, ADVICE);
    return;
  }
  const curve = /nistp\d+/.exec(type)?.[0] as keyof typeof POINT_BYTES | undefined;
  if (curve === undefined) {
    if (reader.string().length !== 32) broken();
  } else {
    if (reader.text() !== curve) broken();
    const point = reader.string();
    if (point.length !== POINT_BYTES[curve] || point[0] !== 4) broken();
  }
  // What a security key was made for: "ssh:", or "ssh:" and more.
  if (type.startsWith('sk-') && !/^ssh:[\x21-\x7e]{0,100}$/.test(reader.text())) broken();
}

/** @throws DistGitError `name_invalid` */
export function parseSshFingerprint(text: string): SshFingerprint {
  return parseByRule(
    'Fingerprint',
    text,
    /^SHA256:[A-Za-z0-9+/]{43}$/.test(text),
    'A fingerprint is "SHA256:" and 43 characters, as "ssh-keygen -l -f FILE" shows it.',
  );
}
