import type { LogFields } from '../base/log.ts';
import type { PlaneSettings, PortState, UpstreamChanges } from './plane.ts';
import type { RoutingTable } from './table.ts';

/** What a data plane in a thread is started with. */
export interface ThreadStart {
  readonly settings: PlaneSettings;
  /** Whether messages of the level debug are wanted. */
  readonly debug: boolean;
}

/** What it is told. */
export type ToThread =
  | { readonly type: 'routes'; readonly table: RoutingTable }
  | { readonly type: 'upstreams'; readonly changes: UpstreamChanges }
  | { readonly type: 'metrics'; readonly id: number }
  | { readonly type: 'stop' };

/** What it tells. */
export type FromThread =
  | { readonly type: 'started' }
  | { readonly type: 'stopped' }
  | { readonly type: 'port'; readonly state: PortState }
  | { readonly type: 'metrics'; readonly id: number; readonly text: string }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: LogFields;
    };
