import { z } from 'zod';
import { KOJI_LEVELS } from '../domain/koji-names.ts';
import { MERGE_MODES } from '../koji/profile.ts';
import { collection, release } from './schema-parts.ts';

const names = z.array(z.string());

/** As `core/koji/buildroot.ts` has it, and where its repositories are. */
export const BUILDROOT_SCHEMAS = {
  showBuildroot: {
    params: z.object({ collection, release }),
    response: z.object({
      collection: z.string(),
      release: z.string(),
      /** Where Koji's files are: `<topurl>/repos/<buildTag>/latest/<arch>/` */
      topurl: z.string(),
      target: z.string(),
      buildTag: z.string(),
      destTag: z.string(),
      levels: z.record(z.enum(KOJI_LEVELS), z.string()),
      arches: names,
      /** Of the group `build`. */
      packages: names,
      /** In the order of their priority; Koji fills `$arch` in. */
      externalRepos: z.array(
        z.object({
          repo: z.string(),
          mode: z.enum(MERGE_MODES),
          priority: z.number(),
          /** Null: this site does not say. */
          url: z.string().nullable(),
        }),
      ),
      extra: z.record(z.string(), z.union([z.boolean(), z.number(), z.string()])),
    }),
  },
} as const;
