import { createWriteStream } from 'node:fs';

export interface BuildLog {
  write(line: string): void;
  /** @returns what went wrong with the file, the first of it; null: it has every line */
  end(): Promise<unknown>;
}

/** A file that gets each line of a build. One that can not be written does not stop the build. */
export function openBuildLog(path: string): BuildLog {
  const stream = createWriteStream(path);
  let problem: unknown = null;
  stream.on('error', (error) => {
    // Which disk it is.
    problem ??= Object.assign(error, { path });
  });
  const closed = new Promise<void>((resolve) => {
    stream.on('close', resolve);
  });
  return {
    write(line) {
      if (problem === null) stream.write(`${line}\n`);
    },
    async end() {
      stream.end();
      await closed;
      return problem;
    },
  };
}
