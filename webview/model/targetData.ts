import type { ReactiveControllerHost } from 'lit';
import type { Deployment, OpenedModel } from '../../src/protocol/page';
import type { TargetReport } from '../../src/protocol/targets';
import { type Classes, modelClasses, type Placements } from '../graph/classes';
import { type HostError, host, toHostError } from '../host';

const NONE: Placements = new Map();

/** What the chosen deployment target says of the model: asked when somebody looks, and again when the model was opened again. */
export class TargetData {
  report: TargetReport | null = null;
  deployment: Deployment | null = null;
  error: HostError | null = null;
  /** Where each row runs, by its id. */
  placements: Placements = NONE;
  private coloured = { target: '', placements: NONE, classes: modelClasses(NONE, '') };
  private asked: { model: OpenedModel; target: string; runMs: number | null } | null = null;

  constructor(private readonly page: Pick<ReactiveControllerHost, 'requestUpdate'>) {}

  /** What the graph can be coloured by, the same as long as neither the target nor its layers change. */
  classes(target: string): readonly Classes[] {
    const { coloured, placements } = this;
    if (coloured.target !== target || coloured.placements !== placements)
      this.coloured = { target, placements, classes: modelClasses(placements, target) };
    return this.coloured.classes;
  }

  /** Asks where something else is wanted than was asked last. */
  want(model: OpenedModel, target: string, runMs: number | null): void {
    const { asked } = this;
    if (asked?.model === model && asked.target === target && asked.runMs === runMs) return;
    const wanted = { model, target, runMs };
    this.asked = wanted;
    void this.load(wanted);
  }

  private async load(wanted: NonNullable<TargetData['asked']>): Promise<void> {
    try {
      const [report, deployment] = await Promise.all([
        host.request('target', { target: wanted.target }),
        host.request('deployment', { runMs: wanted.runMs }),
      ]);
      if (this.asked !== wanted) return;
      this.report = report;
      this.deployment = deployment;
      this.placements = new Map((report.layers ?? []).map(({ id, where }) => [id, where]));
      this.error = null;
    } catch (error) {
      if (this.asked !== wanted) return;
      this.report = null;
      this.placements = NONE;
      this.error = toHostError(error);
    }
    this.page.requestUpdate();
  }
}
