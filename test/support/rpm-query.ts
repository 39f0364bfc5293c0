import { run } from './process.ts';

/** What a package says, asked of the real rpm. @returns a line each */
export async function askRpm(path: string, ...query: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run('rpm', ['-qp', ...query, path]);
  if (code !== 0) throw new Error(`rpm -qp ${query.join(' ')} ${path}: ${stderr}`);
  return stdout.split('\n').filter((line) => line !== '');
}
