/** 紧急按钮、审批与调度规则的中文；其余在 zh.ts。 */

import type { enSafety } from './en-safety'

export const zhSafety: Record<keyof typeof enSafety, string> = {
  'emergency.button': '紧急降载',
  'emergency.ask': '立即降低本站点功率？',
  'emergency.help': '站点受电不再超过所有车辆处于保底功率时的水平，直至有人解除。无需他人同意。',
  'emergency.reason': '原因（记录在案）',
  'emergency.confirm': '立即降载',
  'emergency.holds': '紧急状态：{asked}',
  'emergency.untilLifted': '直至解除',
  'emergency.lift': '解除',
  'emergency.liftAsk': '解除紧急降载？',
  'emergency.liftHelp': '站点按其规则允许的速度恢复到计划。',

  'approval.title': '等待另一位管理员',
  'approval.action.commands': '向充电站发送命令',
  'approval.action.firmware_campaign': '固件升级批次',
  'approval.action.certificate_revoke': '吊销证书',
  'approval.action.vehicle_v2g_floor': '低于站点的 V2G 保底电量',
  'approval.by': '{who} 提出，有效至 {time}',
  'approval.approve': '批准',
  'approval.refuse': '拒绝',
  'approval.withdraw': '撤回',
  'approval.look': '查看',
  'approval.help': '批准后将执行以下内容，仅一次。',
  'approval.own': '由您提出：须由另一位管理员批准。',

  'bound.ramp': '功率变化速率',
  'bound.fleet_share': '可同时变化的车辆比例',
  'bound.dwell': '充放电切换间隔',
  'bound.reversals': '每小时换向次数',
  'bound.random_delay': '电价变化时的随机延迟',
  'bound.no_number': '计划值不是数字',
  'why.fleet_share': '等待：当前变化的车辆已足够多',
  'why.dwell': '充放电切换间隔内等待',
  'why.reversals': '本小时换向次数已满',
  'why.random_delay': '电价变化后随机等待片刻',
  'reason.fleet_share': '当前变化的车辆已足够多',
  'reason.dwell': '处于充放电切换间隔',
  'reason.reversals': '本小时换向次数已满',
  'reason.random_delay': '电价变化后随机等待',
}
