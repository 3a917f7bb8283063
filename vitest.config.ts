import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    // Programs are bundled in hooks, which on a busy computer takes longer than the usual 10 s.
    hookTimeout: 120_000,
    // By default one core is left free, which on two cores is half of them.
    maxWorkers: '100%',
    // Tests that load ONNX Runtime themselves must not report to its maker either; and what they check is not how
    // long something takes, so it must not depend on what else the computer does.
    env: { ORT_DISABLE_TELEMETRY: '1', CALIPER_CALM_CLOCK: '1' },
  },
});
