import { defineConfig } from 'sallyport'
import { demo } from './demo.config.ts'
import { charp } from './platforms/charp/src/index.ts'
import { openChatStudio } from './platforms/openchatstudio/src/index.ts'
import { oshara } from './platforms/oshara/src/index.ts'
import { osir } from './platforms/osir/src/index.ts'

export default defineConfig({ platforms: [oshara(), openChatStudio(), charp(), osir()], demo })
