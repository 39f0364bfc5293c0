import { z } from 'zod';
import { byteSize } from '../../core/api/byte-size-schema.ts';
import { ADJUSTABLE_POLICIES } from '../../core/pushes/check-push.ts';
import { POLICY_LEVELS } from '../../core/pushes/policy.ts';

const levels = z.partialRecord(z.enum(ADJUSTABLE_POLICIES), z.enum(POLICY_LEVELS));

/** `[pushes]`: what a push is checked against, and how strictly. */
export const pushSettings = z.strictObject({
  max_file_size: byteSize.prefault('2 MiB').describe('bytes of one file in git'),
  max_refs: z.number().int().min(1).default(1000).describe('refs of one push'),
  levels: levels.default({}).describe('error or warning, by check, for every SIG'),
  sigs: z.record(z.string(), levels).default({}).describe('the same, for one SIG'),
});
export type PushSettings = z.output<typeof pushSettings>;
