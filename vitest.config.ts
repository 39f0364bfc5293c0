import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // The machine has two cores; scenarios start servers and git of their own.
    maxWorkers: 2,
    allowOnly: false,
    passWithNoTests: false,
  },
});
