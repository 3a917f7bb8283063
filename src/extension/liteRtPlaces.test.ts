import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { liteRtPlaces } from './liteRtPlaces';
import type { Log } from './telling/log';

const WORKSPACE = resolve('/home/me/project');

/** What the editor says: its setting, its folders, and the environment of the Python extension. */
const editor = vi.hoisted(() => ({ setting: '', folders: [] as string[], python: null as unknown }));

vi.mock('vscode', () => {
  const folderOf = (path: string) => editor.folders.find((folder) => path.startsWith(folder));
  return {
    Uri: { file: (fsPath: string) => ({ fsPath }) },
    workspace: {
      getConfiguration: () => ({ get: () => editor.setting }),
      get workspaceFolders() {
        return editor.folders.map((fsPath) => ({ uri: { fsPath } }));
      },
      getWorkspaceFolder: ({ fsPath }: { fsPath: string }) => folderOf(fsPath),
    },
    extensions: { getExtension: () => editor.python ?? undefined },
  };
});

const log = { debug: vi.fn() } as unknown as Log;

function python(sysPrefix: string): unknown {
  const environments = {
    getActiveEnvironmentPath: () => ({ path: 'active' }),
    resolveEnvironment: async () => ({ executable: { sysPrefix } }),
  };
  return { isActive: false, activate: async () => ({ environments }) };
}

describe('where LiteRT’s library may lie for the editor', () => {
  beforeEach(() => Object.assign(editor, { setting: '', folders: [WORKSPACE], python: null }));

  it('takes the setting, the chosen environment, then those of the workspace', async () => {
    Object.assign(editor, { setting: ' /opt/libLiteRt.so ', python: python('/envs/chosen') });
    expect(await liteRtPlaces(join(WORKSPACE, 'models', 'a.tflite'), log)).toEqual({
      library: '/opt/libLiteRt.so',
      environments: ['/envs/chosen', join(WORKSPACE, 'models', '.venv'), join(WORKSPACE, '.venv')],
    });
  });

  it('names each folder once', async () => {
    const { environments } = await liteRtPlaces(join(WORKSPACE, 'a.tflite'), log);
    expect(environments).toEqual([join(WORKSPACE, '.venv')]);
  });

  it('looks for none beside a model from elsewhere', async () => {
    const downloaded = resolve('/home/me/Downloads/a.tflite');
    expect((await liteRtPlaces(downloaded, log)).environments).toEqual([join(WORKSPACE, '.venv')]);
    editor.folders = [];
    expect(await liteRtPlaces(downloaded, log)).toEqual({ library: null, environments: [] });
  });

  it('goes on where the Python extension fails', async () => {
    editor.python = { isActive: false, activate: () => Promise.reject(new Error('no interpreter')) };
    expect((await liteRtPlaces(join(WORKSPACE, 'a.tflite'), log)).environments).toHaveLength(1);
    expect(log.debug).toHaveBeenCalledWith(expect.stringContaining('no interpreter'));
  });
});
