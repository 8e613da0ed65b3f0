/** Whether a name is that of data on record, as `recordedData` takes it. */
export function isRecordedName(name: string): boolean {
  return /^(?:dataset|model):/.test(name);
}
