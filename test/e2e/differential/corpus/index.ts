import type { Scenario } from '../request.ts';
import { serverSideApply } from './apply.ts';
import { core } from './core.ts';
import { groups } from './groups.ts';
import { oddValues } from './odd-values.ts';
import { pods } from './pods.ts';
import { verbs } from './verbs.ts';
import { workloads } from './workloads.ts';

/** Everything that is asked of both servers. */
export const corpus: readonly Scenario[] = [
  ...pods,
  ...core,
  ...workloads,
  ...groups,
  ...verbs,
  serverSideApply,
  ...oddValues,
];
