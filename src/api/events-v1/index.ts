import type { Kind } from '../../apimachinery/kind.ts';
import { event } from './event.ts';

/** The kinds of events.k8s.io, version v1. */
export const eventsV1: readonly Kind[] = [event];
