/**
 * `submitting`: it is on its way to Koji. `first-arch`: the scratch build on the first architecture
 * runs, the build itself comes after it. The last three are ends.
 */
export const BUILD_STATES = [
  'submitting',
  'first-arch',
  'building',
  'complete',
  'failed',
  'canceled',
] as const;
export type BuildState = (typeof BUILD_STATES)[number];

export const BUILD_KINDS = ['build', 'scratch', 'chain'] as const;

/** How Koji is to build something. */
export interface BuildOptions {
  /** Of a scratch build alone; null: all. */
  readonly arches: readonly string[] | null;
  /** The architecture of the scratch build that goes before; null: none does. */
  readonly firstArch: string | null;
  readonly skipTag: boolean;
  readonly failFast: boolean;
  /** With low priority. */
  readonly background: boolean;
}

/** Koji's states of a task, by its numbers. */
export const TASK_STATES = ['free', 'open', 'closed', 'canceled', 'assigned', 'failed'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export const isFinished = (state: TaskState): boolean =>
  state === 'closed' || state === 'canceled' || state === 'failed';
