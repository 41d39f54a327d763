import type { Measure } from '../measure.ts';
import { create } from './create.ts';
import { dns } from './dns.ts';
import { get } from './get.ts';
import { ingress } from './ingress.ts';
import { list } from './list.ts';
import { memory } from './memory.ts';
import { schemas } from './schemas.ts';
import { watch } from './watch.ts';

/** What is measured on every server, in this order: later ones use what earlier ones have stored. */
export const measures: readonly Measure[] = [create, get, list, memory, watch, schemas, dns, ingress];
