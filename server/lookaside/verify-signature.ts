import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import {
  createMessage,
  type Key,
  readKey,
  readKeys,
  readSignature,
  type Signature,
  verify,
} from 'openpgp';
import { fail } from '../../core/api/distgit-error.ts';

export type SignatureResult = 'good' | 'bad' | 'unknown-key';

export interface SignatureVerdict {
  readonly result: SignatureResult;
  /** Fingerprint of the key that made it, in lower-case hex; where the key is not known, its id. */
  readonly signer: string;
}

const ARMOR = /^\s*-----BEGIN PGP /;

/**
 * Checks a detached OpenPGP signature (RFC 9580) as upstreams publish beside their tarballs.
 * @param content is read to its end
 * @param signature armored, or base64 of the binary form
 * @param keyring armored or binary keys
 * @throws DistGitError `input_invalid` for what is no signature, or no keys
 */
export async function verifySignature(
  content: Readable,
  signature: string,
  keyring: Buffer,
): Promise<SignatureVerdict> {
  const [made, keys] = await Promise.all([parseSignature(signature), parseKeyring(keyring)]);
  const message = await createMessage({
    binary: Readable.toWeb(content) as ReadableStream<Uint8Array> as never,
  });
  const { data, signatures } = await verify({
    message,
    signature: made,
    verificationKeys: keys,
    format: 'binary',
  });
  // The verdict comes behind the last byte. By a reader: the library puts its own in the stream.
  const reader = (data as unknown as ReadableStream<Uint8Array>).getReader();
  while (!(await reader.read()).done);
  let verdict: SignatureVerdict | null = null;
  for (const { keyID, verified } of signatures) {
    const id = keyID.toHex();
    const key = keys.find((one) => one.getKeys(keyID).length > 0);
    const good = await verified.then(
      () => true,
      () => false,
    );
    if (key === undefined) verdict ??= { result: 'unknown-key', signer: id };
    else if (good) return { result: 'good', signer: key.getFingerprint() };
    else verdict = { result: 'bad', signer: key.getFingerprint() };
  }
  return verdict ?? fail('input_invalid', 'The signature file holds no signature.');
}

async function parseSignature(text: string): Promise<Signature> {
  try {
    return ARMOR.test(text)
      ? await readSignature({ armoredSignature: text })
      : await readSignature({ binarySignature: Buffer.from(text, 'base64') });
  } catch {
    return fail(
      'input_invalid',
      'The signature is not a detached OpenPGP signature.',
      'Give the .asc or .sig file that the upstream publishes.',
    );
  }
}

async function parseKeyring(content: Buffer): Promise<Key[]> {
  try {
    const text = content.toString('latin1');
    const keys = ARMOR.test(text)
      ? await Promise.all(armoredBlocks(text).map((armoredKey) => readKey({ armoredKey })))
      : await readKeys({ binaryKeys: content });
    if (keys.length > 0) return keys;
  } catch {
    // Told below.
  }
  return fail(
    'input_invalid',
    'The keyring holds no OpenPGP keys.',
    'Commit the public keys of the upstream, armored or binary (gpg --export).',
  );
}

/** Keyrings are often several armored keys, one behind the other. */
function armoredBlocks(text: string): string[] {
  return (
    text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[^]*?-----END PGP PUBLIC KEY BLOCK-----/g) ?? []
  );
}
