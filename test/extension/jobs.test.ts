import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import * as vscode from 'vscode';
import type { QuantizeAnswer } from '../../src/protocol/page';
import type { ProfileReport } from '../../src/protocol/reports';
import { activate, activeTab, closeEditors, fileExists, SAMPLE, until, workspaceFile } from './support';

describe('jobs', () => {
  afterEach(closeEditors);

  before(async () => {
    // Enough to see that it works; the figures are looked at elsewhere.
    await vscode.workspace.getConfiguration('caliper').update('runs', 5, vscode.ConfigurationTarget.Global);
  });

  it('profiles the model in front', async () => {
    const { editor } = await activate();
    const { document } = await editor.show(workspaceFile(SAMPLE));
    const report = await vscode.commands.executeCommand<ProfileReport | undefined>('caliper.profile');
    assert.ok(report);
    assert.equal(report.threads, 1);
    assert.ok(report.latencyMs.median > 0);
    assert.equal(document.profile, report);
    assert.ok(document.trace !== null && fileExists(vscode.Uri.file(document.trace)));
  });

  it('does one job at a time, and a cancelled one leaves nothing behind', async () => {
    const { editor, jobs } = await activate();
    const { document } = await editor.show(workspaceFile(SAMPLE));
    const options = {
      model: document.path,
      threads: 1,
      runs: 10_000,
      dims: {},
      shapes: {},
      data: null,
      preprocessing: null,
      seed: 0,
      trace: null,
    };
    const ignore = () => {};
    const first = jobs.run({ kind: 'profile', title: 'First', options, send: ignore });
    await assert.rejects(jobs.run({ kind: 'profile', title: 'Second', options, send: ignore }), /First/);
    jobs.cancel();
    assert.equal(await first, null);
  });

  it('quantizes with what fits, and shows the comparison', async () => {
    const { editor } = await activate();
    const uri = workspaceFile(SAMPLE);
    const output = workspaceFile('quantized.onnx');
    rmSync(output.fsPath, { force: true });
    const view = await editor.show(uri);
    const answer: QuantizeAnswer = await view.request('quantize', {
      recipe: 'int8-all',
      output: output.fsPath,
      calibration: { path: workspaceFile('shapes/calibration').fsPath, labels: null, labelOffset: 0 },
      calibrationSamples: 8,
      measure: false,
    });
    assert.equal(answer.status, 'written');
    assert.ok(answer.report.bytes.after < answer.report.bytes.before / 2);
    assert.equal(statSync(output.fsPath).size, answer.report.bytes.after);
    const tab = await until('the comparison page', () => {
      const front = activeTab();
      return front instanceof vscode.TabInputWebview && front;
    });
    assert.match(tab.viewType, /caliper\.comparison$/);
  });
});
