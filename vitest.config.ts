import { configDefaults, defineConfig } from 'vitest/config';
import LongFirst from './test/support/long-first.ts';

/** Koji's hub is in no package registry: it takes part where the environment names one. */
const WITH_REAL_HUB = process.env.KOJI_URL !== undefined;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(WITH_REAL_HUB ? [] : ['test/koji/real-hub.test.ts'])],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // What is waited for comes late where the machine is busy; vitest would wait for a second.
    expect: { poll: { timeout: 30_000 } },
    // For two cores: one more than these, for many files wait for something half of their time.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    // The embedded database is WebAssembly, and inherits this: its code is compiled once, and not a
    // second time to run faster in a process that is at its end in a minute.
    execArgv: ['--liftoff-only'],
    allowOnly: false,
    passWithNoTests: false,
  },
});
