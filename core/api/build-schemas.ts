import { z } from 'zod';
import { parseBranchOrAlias } from '../domain/branch-name.ts';
import { BUILD_KINDS, BUILD_STATES, TASK_STATES } from '../domain/build.ts';
import { KOJI_LEVELS } from '../domain/koji-names.ts';
import { parseNvr } from '../domain/nvr.ts';
import { resultView } from './result-schemas.ts';
import { collection, component, limit, list, parsed, text, time } from './schema-parts.ts';

const buildView = z.object({
  id: z.number(),
  kind: z.enum(BUILD_KINDS),
  component: z.string(),
  branch: z.string(),
  /** Null: it is made of an SRPM. */
  commit: z.string().nullable(),
  /** The file's name; null: it is made of a commit. */
  srpm: z.string().nullable(),
  target: z.string(),
  /** Of Koji; null: it has none yet. */
  task: z.number().nullable(),
  /** Before the end what the spec says; null: not known. */
  nvr: z.string().nullable(),
  state: z.enum(BUILD_STATES),
  /** Why it failed, or what is wrong with its record. */
  problem: z.string().nullable(),
  /** Koji's tags that it was in when they were last looked at. */
  tags: z.array(z.string()),
  submittedBy: z.string(),
  submittedAt: time,
  finishedAt: time.nullable(),
});
const startedView = buildView.extend({ notes: z.array(z.string()) });
const logView = z.object({ file: z.string(), size: z.number() });
const taskView = z.object({
  task: z.number(),
  parent: z.number().nullable(),
  state: z.enum(TASK_STATES),
  method: z.string(),
  label: z.string(),
  arch: z.string(),
  logs: z.array(logView),
});

const branch = parsed(parseBranchOrAlias);
const nvr = parsed(parseNvr);
const commit = z.string().regex(/^[0-9a-f]{40}$/, 'is not the full id of a commit');
const kojiName = text(256).regex(/^[A-Za-z0-9/_.+-]+$/, 'is not a name of Koji');
const arch = text(32).regex(/^[A-Za-z0-9_]+$/, 'is not an architecture');
const arches = z.array(arch).min(1).max(20);
const number = z.coerce
  .number()
  .int()
  .positive()
  .max(2 ** 31 - 1);
/** Of Koji. */
const task = number;
/** @property told false: Koji is told as soon as that can be */
const canceled = list(buildView).extend({ told: z.boolean() });
/** A push whose builds could not be asked for, again and again, until that was given up. */
const parkedView = z.object({
  push: z.string(),
  component: z.string(),
  branch: z.string(),
  commit: z.string(),
  user: z.string(),
});
const options = {
  /** Left out: the branch's own. */
  target: kojiName.optional(),
  skipTag: z.boolean().default(false),
  failFast: z.boolean().default(false),
  /** With low priority. */
  background: z.boolean().default(false),
};
const PROMOTED = KOJI_LEVELS.slice(1) as readonly ('testing' | 'release')[];

/** What the operations about builds take and give. */
export const BUILD_SCHEMAS = {
  startBuild: {
    body: z.strictObject({
      component,
      branch,
      /** Left out: where the branch is. */
      commit: commit.optional(),
      scratch: z.boolean().default(false),
      /** Of a scratch build alone; null: all. */
      arches: arches.nullable().default(null),
      /** A scratch build on the first architecture goes before. */
      firstArch: z.boolean().default(false),
      ...options,
    }),
    response: startedView,
  },
  startSrpm: {
    query: z.strictObject({
      component,
      branch,
      /** Of the file. */
      sha512: z.string().regex(/^[0-9a-f]{128}$/, 'is not a SHA-512'),
      target: options.target,
      /** With commas; left out: all. */
      arches: text(1000)
        .transform((names) => names.split(','))
        .pipe(arches)
        .optional(),
      failFast: z.stringbool().default(false),
      background: z.stringbool().default(false),
    }),
    response: startedView,
  },
  startChain: {
    body: z.strictObject({
      branch,
      /** Components; those of one level are built at once, when all before are in the buildroot. */
      levels: z.array(z.array(component).min(1).max(20)).min(2).max(20),
      target: options.target,
      background: options.background,
    }),
    response: z.object({ task: z.number(), items: z.array(buildView) }),
  },
  listBuilds: {
    query: z.strictObject({
      component: component.optional(),
      branch: branch.optional(),
      state: z.enum(BUILD_STATES).optional(),
      limit,
    }),
    response: list(buildView.extend({ results: z.array(resultView) })).extend({
      parked: z.array(parkedView),
    }),
  },
  showBuild: {
    params: z.object({ nvr }),
    response: buildView.extend({ commit: z.string(), gitUrl: z.string() }),
  },
  showTask: {
    params: z.object({ task }),
    response: z.object({
      /** The task itself first, then those below it. */
      tasks: z.array(taskView),
      problem: z.string().nullable(),
      builds: z.array(buildView),
    }),
  },
  readTaskLog: {
    params: z.object({
      task,
      /** The task itself, or one below it. */
      of: task,
      file: text(100).regex(/^[\w.+-]+\.log$/, 'is not the name of a log'),
    }),
    query: z.strictObject({
      offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
    }),
    response: z.object({
      /** In base64: a character may be cut in two. */
      content: z.string(),
      next: z.number(),
    }),
  },
  cancelTask: { params: z.object({ task }), response: canceled },
  cancelBuild: { params: z.object({ build: number }), response: canceled },
  resubmitTask: { params: z.object({ task }), response: list(buildView) },
  resubmitBuild: { params: z.object({ build: number }), response: list(buildView) },
  resubmitPush: {
    params: z.object({ push: text(36).regex(/^[0-9a-f-]{36}$/, 'is not the id of a push') }),
    response: z.object({ push: z.string(), component: z.string() }),
  },
  promoteBuild: {
    params: z.object({ nvr }),
    body: z.strictObject({ to: z.enum(PROMOTED) }),
    response: z.object({ nvr: z.string(), tag: z.string(), task: z.number() }),
  },
  demoteBuild: {
    params: z.object({ nvr }),
    body: z.strictObject({ from: z.enum(PROMOTED) }),
    response: z.object({ nvr: z.string(), tag: z.string(), tags: z.array(z.string()) }),
  },
  setAutoBuild: {
    params: z.object({ collection }),
    body: z.strictObject({ on: z.boolean() }),
    response: z.object({ collection: z.string(), autoBuild: z.boolean() }),
  },
} as const;
