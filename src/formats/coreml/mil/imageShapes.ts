import type { Shape } from '../../../model/dataType';
import { product, sum } from '../../value';
import type { OperationShapes } from './costs';
import { numbers } from './settings';

/**
 * Shapes of operations on images [batch, channels, height, width]: sizes and blocks that become channels or batches.
 * undefined for all others.
 *
 * @param x what the operation works on.
 */
export function imageShape(operation: OperationShapes, x: Shape): Shape | null | undefined {
  const { input, setting } = operation;
  const number = (name: string, fallback: number | null = null) => numbers(setting(name))?.[0] ?? fallback;
  const [height = null, width = null] = x.slice(-2);
  const sided = (h: number | null, w: number | null) => [...x.slice(0, -2), h, w];
  switch (operation.type) {
    case 'upsample_nearest_neighbor':
    case 'upsample_bilinear': {
      const grown = (size: number | null, name: string) => floor(product([size, number(name, 1)]));
      return sided(grown(height, 'scale_factor_height'), grown(width, 'scale_factor_width'));
    }
    case 'resize_bilinear':
    case 'resize_nearest_neighbor':
      return sided(number('target_size_height'), number('target_size_width'));
    case 'resize': {
      const [shape, count] = [operation.elements('shape'), number('resized_dims')];
      if (count === null) return null;
      return x.map((size, axis) => {
        if (axis < x.length - count) return size;
        const target = shape?.at(axis - x.length) ?? null;
        return target === 0 ? size : target;
      });
    }
    case 'crop': {
      const [top = 0, bottom = 0] = numbers(setting('crop_height')) ?? [];
      const [left = 0, right = 0] = numbers(setting('crop_width')) ?? [];
      return sided(sum([height, -top, -bottom]), sum([width, -left, -right]));
    }
    case 'crop_resize': {
      const target = [number('target_height', 1), number('target_width', 1)];
      // Since iOS 17 boxes stand apart from the images that they are of.
      const boxes = input('boxes');
      if (boxes) return [boxes[0] ?? null, x[1] ?? null, ...target];
      return [input('roi')?.[0] ?? null, x[0] ?? null, x[1] ?? null, ...target];
    }
    case 'affine':
      return sided(number('output_height'), number('output_width'));
    case 'resample': {
      const places = input('coordinates');
      return places && sided(places[1] ?? null, places[2] ?? null);
    }
    case 'depth_to_space':
      return blocks(x, number('block_size'), false);
    case 'pixel_shuffle':
      return blocks(x, number('upscale_factor'), false);
    case 'space_to_depth':
      return blocks(x, number('block_size'), true);
    case 'pixel_unshuffle':
      return blocks(x, number('downscale_factor'), true);
    case 'space_to_batch': {
      const [block, pads] = [operation.elements('block_shape'), operation.elements('paddings')];
      const side = (at: 0 | 1, size: number | null) =>
        divided(sum([size, pads?.[2 * at], pads?.[2 * at + 1]]), block?.[at] ?? null);
      return [product([x[0], ...(block ?? [null])]), x[1] ?? null, side(0, height), side(1, width)];
    }
    case 'batch_to_space': {
      const [block, crops] = [operation.elements('block_shape'), operation.elements('crops')];
      const side = (at: 0 | 1, size: number | null) => {
        const cut = sum([crops?.[2 * at], crops?.[2 * at + 1]]);
        return sum([product([size, block?.[at]]), cut === null ? null : -cut]);
      };
      const count = divided(x[0] ?? null, product(block ?? [null]));
      return [count, x[1] ?? null, side(0, height), side(1, width)];
    }
    default:
      return undefined;
  }
}

function blocks(x: Shape, block: number | null, toDepth: boolean): Shape | null {
  if (x.length !== 4 || block === null || block < 1) return null;
  const [batch = null, channels = null, height = null, width = null] = x;
  const area = block * block;
  return toDepth
    ? [batch, product([channels, area]), divided(height, block), divided(width, block)]
    : [batch, divided(channels, area), product([height, block]), product([width, block])];
}

function divided(size: number | null, parts: number | null): number | null {
  const part = size === null || parts === null ? null : size / parts;
  return Number.isInteger(part) ? part : null;
}

function floor(size: number | null): number | null {
  return size === null ? null : Math.floor(size);
}
