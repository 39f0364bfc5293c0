import { z } from 'zod';
import { HASH_TYPES } from '../domain/checksum.ts';
import { parseSourceFileName } from '../domain/source-file-name.ts';
import { SOURCE_STATES } from '../domain/source-state.ts';
import { component, limit, list, parsed, sig, text, time } from './schema-parts.ts';

const sourceView = z.object({
  file: z.string(),
  hashType: z.string(),
  hash: z.string(),
  size: z.number(),
  mtime: time,
  uploadedBy: z.string(),
  uploadedAt: time,
  /** Of the uploader; null for those who may not upload themselves. */
  address: z.string().nullable(),
  state: z.enum(SOURCE_STATES),
  /** The branches whose commits name it, and the first commit of each that did. */
  usedBy: z.array(z.object({ branch: z.string(), commit: z.string() })),
});
const originView = z.object({
  url: z.string(),
  signature: z
    .object({
      result: z.enum(['good', 'bad', 'unknown-key']),
      /** The key's fingerprint, or its id where it is not in the keyring. */
      signer: z.string(),
      /** `<branch>:<file>` */
      keyring: z.string(),
    })
    .nullable(),
  recordedBy: z.string(),
  recordedAt: time,
});
const oneSource = {
  file: parsed(parseSourceFileName),
  hashType: z.enum(HASH_TYPES),
  hash: z.string().regex(/^[0-9a-f]{32,128}$/, 'is not a checksum'),
};
const usage = { files: z.number(), bytes: z.number() };
const sourceKey = {
  component: z.string(),
  file: z.string(),
  hashType: z.string(),
  hash: z.string(),
};
const scrubView = z.object({
  /** What there is to read. */
  total: z.object(usage),
  last: z
    .object({
      id: z.number(),
      startedBy: z.string(),
      startedAt: time,
      /** Null: it goes on. */
      finishedAt: time.nullable(),
      ...usage,
      damaged: z.number(),
      missing: z.number(),
      /** Objects that no upload accounts for; known at the end. */
      unknown: z.number(),
    })
    .nullable(),
});

/** What the operations of the look-aside cache take and give. */
export const LOOKASIDE_SCHEMAS = {
  listSources: {
    params: z.object({ component }),
    query: z.strictObject({
      file: parsed(parseSourceFileName).optional(),
      hash: text(128)
        .regex(/^[0-9a-fA-F]+$/, 'is not a hash')
        .transform((hex) => hex.toLowerCase())
        .optional(),
    }),
    response: list(sourceView),
  },

  recordOrigin: {
    params: z.object({ component }),
    body: z.strictObject({
      ...oneSource,
      url: z.url({ protocol: /^(https?|ftp)$/ }).max(2000),
      /** Null: there is none to check. */
      signature: z
        .strictObject({
          /** Detached: armored, or base64 of the binary form. */
          text: z.string().max(64 * 1024),
          branch: z.string().max(200),
          /** A file of that branch: the upstream's public keys. */
          keyring: parsed(parseSourceFileName),
        })
        .nullable()
        .default(null),
    }),
    response: originView,
  },
  showStatement: {
    params: z.object({ component }),
    query: z.strictObject(oneSource),
    response: z.object({
      _type: z.literal('https://in-toto.io/Statement/v1'),
      subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })),
      predicateType: z.string(),
      predicate: z.object({
        component: z.string(),
        size: z.number(),
        uploadedBy: z.string(),
        uploadedAt: time,
        origin: originView.nullable(),
        usedBy: z.array(z.object({ ref: z.string(), commit: z.string() })),
      }),
    }),
  },
  showUsage: {
    response: z.object({
      total: z.object(usage),
      items: z.array(z.object({ sig: z.string(), ...usage, quota: z.number().nullable() })),
    }),
  },
  collectGarbage: {
    body: z.strictObject({ apply: z.boolean().default(false) }),
    response: z.object({
      applied: z.boolean(),
      /** Into quarantine. */
      quarantined: z.object(usage),
      /** Out of it, for good. */
      deleted: z.object(usage),
      /** The largest of those that go into quarantine. */
      items: z.array(z.object({ ...sourceKey, size: z.number() })),
    }),
  },
  listQuarantine: {
    query: z.strictObject({ component: component.optional(), limit }),
    response: list(
      z.object({ ...sourceKey, size: z.number(), state: z.enum(SOURCE_STATES), since: time }),
    ),
  },
  restoreSource: {
    body: z.strictObject({ component, ...oneSource }),
    response: z.object({ ...sourceKey, state: z.enum(SOURCE_STATES) }),
  },
  startScrub: { response: scrubView },
  showScrub: { response: scrubView },
  setQuota: {
    params: z.object({ sig }),
    body: z.strictObject({
      /** Bytes; null: no limit. */
      quota: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable(),
    }),
    response: z.object({ sig: z.string(), ...usage, quota: z.number().nullable() }),
  },
} as const;
