import { z } from 'zod';
import { EL_RELEASES, type ElRelease } from '../../core/domain/el-release.ts';
import { CBS_PROFILES } from '../../core/koji/cbs-profiles.ts';
import { PLACEHOLDERS, placeholdersKnown } from '../../core/koji/placeholders.ts';
import { type KojiProfile, MERGE_MODES } from '../../core/koji/profile.ts';

const words = PLACEHOLDERS.map((name) => `{${name}}`).join(', ');
/** What Koji takes as a name of a tag or a repository. */
const name = z.string().regex(/^[A-Za-z0-9/_.+-]{1,256}$/, 'is a name as Koji takes it');
const withPlaceholders = z
  .string()
  .max(1000)
  .refine((text) => !/\p{Cc}/u.test(text), 'has control characters')
  .refine(placeholdersKnown, `has braces that are none of ${words}`);

const externalRepo = z.strictObject({
  name,
  mode: z.enum(MERGE_MODES).default('koji'),
  priority: z.number().int().min(0).max(1000),
  url: z
    .string()
    // Everybody may read it. For whoever parses it, https:///ann:secret@host/ has a user too.
    .regex(
      /^(https?:\/\/[^\s'"\\/@]+|file:\/\/[^\s'"\\/@]*(?=\/))(\/[^\s'"\\]*)?$/,
      'is http://, https:// or file://, $arch in it, and no password',
    )
    .optional()
    .describe('to create it with, where the hub does not have it'),
});

const twice = (values: readonly unknown[]): boolean => new Set(values).size !== values.length;

/** `[koji.profiles."7"]`, each setting by itself; what is not given is as at CentOS. */
const profile = (release: ElRelease) => {
  const { arches, externalRepos, extra, groupPackages } = CBS_PROFILES[release];
  return z
    .strictObject({
      arches: z
        .array(z.string().regex(/^[A-Za-z0-9_-]+$/, 'is an architecture'))
        .min(1)
        .refine((all) => !twice(all), 'has one twice')
        .default([...arches])
        .describe('of level and build tags'),
      external_repos: z
        .array(externalRepo)
        .refine((all) => !twice(all.map((one) => one.name)), 'has a name twice')
        .refine((all) => !twice(all.map((one) => one.priority)), 'has a priority twice')
        .default(
          externalRepos.map(({ repo, mode, priority, url }) => ({
            name: repo,
            mode,
            priority,
            url: url ?? undefined,
          })),
        )
        .describe('of build tags'),
      extra: z
        .record(
          z.string().regex(/^[A-Za-z0-9_.-]{1,200}$/, 'is a key of extras'),
          z.union([z.boolean(), z.number().int(), withPlaceholders]),
        )
        .default({ ...extra })
        .describe('of build tags: mock.*, rpm.macro.*, repo.*'),
      group_packages: z
        .array(withPlaceholders.min(1))
        .min(1)
        .default([...groupPackages])
        .describe('of the groups build and srpm-build'),
      buildsys: name.optional().describe('the tag that every build tag inherits from first'),
    })
    .transform(
      (of): KojiProfile => ({
        arches: of.arches,
        externalRepos: of.external_repos.map(({ name: repo, mode, priority, url }) => ({
          repo,
          mode,
          priority,
          url: url ?? null,
        })),
        extra: of.extra,
        groupPackages: of.group_packages,
        buildsys: of.buildsys ?? null,
      }),
    );
};

type Profiles = Record<ElRelease, ReturnType<typeof releaseProfile>>;
const releaseProfile = (release: ElRelease) => profile(release).prefault({});

/** `[koji.profiles]`: what a build tag has, by EL release. */
export const profileSettings = z.strictObject(
  Object.fromEntries(
    EL_RELEASES.map((release) => [release, releaseProfile(release)]),
  ) as unknown as Profiles,
);
