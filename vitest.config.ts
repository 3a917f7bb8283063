import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/unit/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    // Tests that load ONNX Runtime themselves must not report to its maker either.
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
