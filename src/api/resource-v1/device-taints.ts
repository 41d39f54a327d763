import { notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { labelValue, qualifiedName } from '../../apimachinery/names.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { checked, requiredText } from '../meta-v1/checks.ts';

/** What keeps claims away from a device that do not tolerate it. */
export interface DeviceTaint {
  key?: string;
  value?: string;
  effect?: string;
  timeAdded?: string;
}

const EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

/** The rules of one taint. */
export function validateTaint(taint: DeviceTaint, at: string): FieldError[] {
  const { key, value, effect } = taint;
  return [
    ...requiredText(path(at, 'key'), key, qualifiedName),
    ...(value ? checked(path(at, 'value'), value, labelValue) : []),
    ...(effect ? [] : [required(path(at, 'effect'))]),
    ...(effect && !EFFECTS.includes(effect) ? [notSupported(path(at, 'effect'), effect, EFFECTS)] : []),
  ];
}

/** Says of a taint that does not say it since when it has been there. */
export function stampTaint(taint: DeviceTaint, now: number): void {
  taint.timeAdded ??= formatTime(now);
}
