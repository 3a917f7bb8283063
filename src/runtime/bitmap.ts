import type { RuntimeTensor } from './engine';

/** BITMAPFILEHEADER and BITMAPINFOHEADER */
const HEADER_BYTES = 54;
const INFO_BYTES = 40;

/** A Windows bitmap of pixels from 0 to 255, [1, 1 or 3 (RGB), height, width]: what every system's decoders read. */
export function bitmap({ shape, data }: RuntimeTensor): Buffer {
  const [channels = 1, height = 1, width = 1] = shape.slice(-3);
  // Rows begin at multiples of 4 bytes, the lowest row first.
  const stride = Math.ceil((3 * width) / 4) * 4;
  const file = Buffer.alloc(HEADER_BYTES + stride * height);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(HEADER_BYTES, 10);
  file.writeUInt32LE(INFO_BYTES, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  const plane = height * width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = HEADER_BYTES + (height - 1 - y) * stride + 3 * x;
      for (const [place, channel] of [2, 1, 0].entries()) {
        const value = Number(data[Math.min(channel, channels - 1) * plane + y * width + x]);
        file[at + place] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  }
  return file;
}
