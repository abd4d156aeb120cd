import writeXlsxFile, { type Sheet } from 'write-excel-file/node';

/** Writes sheets as an XLSX file. Loaded when first used: few ever ask for one. */
export async function writeWorkbook(sheets: Sheet<never>[]): Promise<Uint8Array> {
  return writeXlsxFile(sheets).toBuffer();
}
