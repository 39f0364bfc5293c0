import type { Logger } from 'pino';
import type { ComponentName } from '../../core/domain/component-name.ts';
import type { ComponentIndex } from '../components/find-component.ts';
import type { Database } from '../db/database.ts';
import type { Git } from '../git/git.ts';
import type { Repositories } from '../git/repositories.ts';
import type { Principals } from '../identity/principals.ts';
import type { Koji } from '../koji/open-koji.ts';

/** What builds need of the server. */
export interface BuildDeps {
  readonly db: Database;
  readonly koji: Koji;
  readonly git: Git;
  readonly repositories: Repositories;
  readonly components: ComponentIndex;
  readonly principals: Principals;
  /** Jobs that are due are looked for now. */
  readonly wakeJobs: () => void;
  /** Where Koji's builders clone a component from. */
  readonly gitUrl: (component: ComponentName) => string;
  readonly log: Logger;
}
