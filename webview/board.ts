import './board/page';
import { mount } from './base/mount';

mount('caliper-board-page');
