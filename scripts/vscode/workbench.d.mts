import type { Page } from '@playwright/test';

/** See workbench.mjs and server.mjs, which say what each option is. */
export interface WorkbenchOptions {
  folder: string;
  development?: string;
  tests?: string;
  extensions?: string;
  screenshots?: string;
  settings?: Record<string, unknown>;
  machineSettings?: Record<string, unknown>;
  state?: string;
  trust?: boolean;
  env?: Record<string, string>;
}

export interface Workbench {
  page: Page;
  address: string;
  screenshot(name: string): Promise<void>;
}

export function withWorkbench<T>(
  options: WorkbenchOptions,
  use: (bench: Workbench) => Promise<T>,
): Promise<T>;
