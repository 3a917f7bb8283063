import type { Progress } from '../evaluation/jobContext';
import type { DevicePrograms, DevicesReport } from '../protocol/devices';
import type {
  CeilingsOptions,
  CompareOptions,
  LiteRtPlaces,
  ProfileOptions,
  QuantizeOptions,
  SearchOptions,
} from '../protocol/options';
import type { ModelsComparison, ProfileReport } from '../protocol/reports';
import type { CeilingsReport } from '../protocol/roofline';
import type { Told } from '../protocol/rpc';
import type { QuantizeOutcome, SearchOutcome } from '../quantization/job/outcome';

/** Work that runs a model, each in a child process of its own: asked once, answered once. */
export interface Jobs {
  profile: { options: ProfileOptions; result: ProfileReport };
  quantize: { options: QuantizeOptions; result: QuantizeOutcome };
  search: { options: SearchOptions; result: SearchOutcome };
  ceilings: { options: CeilingsOptions; result: CeilingsReport };
  compare: { options: CompareOptions; result: ModelsComparison };
  /** This computer, what adb knows, and these boards, each asked what it is. */
  devices: { options: { boards: readonly string[] }; result: DevicesReport };
}

export type JobKind = keyof Jobs;

/** What the child is asked. `scratch` is a folder of the parent's, which removes it when the job is over. */
export type JobCalls = {
  [K in JobKind]: {
    params: {
      options: Jobs[K]['options'];
      scratch: string;
      /** Where facts about this computer are remembered, such as the faster pair of int8 types. */
      memory: string;
      /** What reaches other devices. */
      programs: DevicePrograms;
      litert: LiteRtPlaces;
    };
    result: Jobs[K]['result'];
  };
};

/** What a child that holds something on another device is told when nobody waits any more: it tidies up and ends. */
export const UNWANTED: Told<{ kind: 'unwanted' }> = { type: 'event', event: { kind: 'unwanted' } };

/** What the child tells before it answers, any number of each. */
export type JobEvent =
  | { kind: 'progress'; progress: Progress }
  | { kind: 'log'; line: string }
  /** There is something on another device that the child removes before it ends; or no more. */
  | { kind: 'holding'; holding: boolean }
  /** A model's first steps on an engine that it may crash or hang. */
  | { kind: 'engine'; state: 'begins' | 'ends'; model: string; webAssembly: boolean };

/** The parent tells the child to end with what it has made until now, where it said that this can be kept. */
export const STOP = { type: 'stop' } as const;
