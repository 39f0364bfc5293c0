/** Nothing that a test starts may read this machine's git configuration. */
export default function setup(): void {
  process.env.GIT_CONFIG_NOSYSTEM = '1';
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  process.env.GIT_TERMINAL_PROMPT = '0';
}
