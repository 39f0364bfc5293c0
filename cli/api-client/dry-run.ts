import { DistGitError } from '../../core/api/distgit-error.ts';
import { type FileOperation, type Operation, ROUTES } from '../../core/api/routes.ts';
import type { ApiInput, ApiOutput } from '../../core/api/schemas.ts';
import { ApiClient } from './api-client.ts';

/** Thrown in place of the request that would have changed something. */
export class NotSent extends DistGitError {
  readonly operation: Operation;
  readonly input: Readonly<Record<string, unknown>>;

  constructor(operation: Operation, input: Readonly<Record<string, unknown>>) {
    super('interrupted', `${ROUTES[operation].summary} was not asked for: it is a dry run.`);
    this.operation = operation;
    this.input = input;
  }

  /** For people. */
  get told(): string {
    const { method, path, summary } = ROUTES[this.operation];
    const input = JSON.stringify(this.input);
    return `Would ask the server: ${summary}\n${method.toUpperCase()} ${path} ${input}\nNothing was changed.`;
  }
}

/** Reads as ever, and stops at the first request that would change something. */
export class DryRunClient extends ApiClient {
  override call<O extends Operation>(operation: O, input: ApiInput<O>): Promise<ApiOutput<O>> {
    if (ROUTES[operation].method === 'get') return super.call(operation, input);
    return Promise.reject(new NotSent(operation, input as Record<string, unknown>));
  }

  override callWithFile<O extends FileOperation>(
    operation: O,
    input: ApiInput<O>,
  ): Promise<ApiOutput<O>> {
    return Promise.reject(new NotSent(operation, input as Record<string, unknown>));
  }
}
