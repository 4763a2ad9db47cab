/** Made by `npm run types` from the API's own description. */

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Acknowledgement
         * @description What fleet and store can give, told when the signal was accepted.
         */
        Acknowledgement: {
            /**
             * Available Down W
             * @description how far site power can go down
             */
            available_down_w: number | null;
            /** Available Up W */
            available_up_w: number | null;
            /** Requested W */
            requested_w: number | null;
            /** Deliverable W */
            deliverable_w: number | null;
            /** Feasible */
            feasible: boolean;
            /** Text */
            text: string;
        };
        /**
         * Alarm
         * @description Something is wrong; open while `cleared_at` is null.
         */
        Alarm: {
            /** Alarm Id */
            alarm_id: number;
            /** Site Id */
            site_id: string | null;
            /** Station Id */
            station_id: string | null;
            /**
             * Code
             * @example meter_stale
             */
            code: string;
            /** Severity */
            severity: string;
            /**
             * Detail
             * @description the sentence in English
             */
            detail: string;
            /**
             * Data
             * @description what the sentence names
             */
            data: {
                [key: string]: string | number;
            };
            /**
             * Raised At
             * Format: date-time
             */
            raised_at: string;
            /** Cleared At */
            cleared_at: string | null;
        };
        /**
         * Alert
         * @description What is wrong with a variable until it is `cleared`; monitor 0 is the firmware's own.
         */
        Alert: {
            /** Component */
            component: string;
            /** Component Instance */
            component_instance: string;
            /** Evse Id */
            evse_id: number;
            /** Connector Id */
            connector_id: number;
            /** Variable */
            variable: string;
            /** Variable Instance */
            variable_instance: string;
            /** Monitor Id */
            monitor_id: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Event Id */
            event_id: number;
            /** Cleared */
            cleared: boolean;
            /** Severity */
            severity: number | null;
            /** Actual Value */
            actual_value: string;
            /** Tech Code */
            tech_code: string | null;
            /** Tech Info */
            tech_info: string | null;
        };
        /**
         * Approval
         * @description It can be approved while it is `waiting`, for 15 minutes; `answer` is what the act gave. What
         *     `payload` says of passwords and keys is not told again; `payload_hash` is of all of it.
         */
        Approval: {
            /**
             * Approval Id
             * Format: uuid
             */
            approval_id: string;
            /** Action */
            action: string;
            /** Payload */
            payload: {
                [key: string]: unknown;
            };
            /** Payload Hash */
            payload_hash: string;
            /** Reason */
            reason: string;
            /** Asked By */
            asked_by: string;
            /**
             * Asked At
             * Format: date-time
             */
            asked_at: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            status: components["schemas"]["ApprovalStatus"];
            /** Decided By */
            decided_by: string | null;
            /** Decided At */
            decided_at: string | null;
            /** Answer */
            answer: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * ApprovalRequest
         * @description What is to be done, and why. `payload`: `{commands: […]}`, a firmware campaign,
         *     `{station_id, certificate_id}`, `{vehicle_id, version, v2g_floor_soc_pct}`, or
         *     `{site_id, signal_id}`.
         */
        ApprovalRequest: {
            /**
             * Action
             * @enum {string}
             */
            action: "commands" | "firmware.campaign" | "certificate.revoke" | "vehicle.v2g_floor" | "signal.cancel";
            /** Payload */
            payload: {
                [key: string]: unknown;
            };
            /** Reason */
            reason: string;
        };
        /**
         * ApprovalStatus
         * @description `DONE`: approved, and with that carried out; `EXPIRED`: nobody decided in time.
         * @enum {string}
         */
        ApprovalStatus: "waiting" | "done" | "refused" | "expired";
        /**
         * Approve
         * @description `payload_hash` of what the approver has looked at.
         */
        Approve: {
            /** Payload Hash */
            payload_hash: string;
        };
        /**
         * AuthorizationStatus
         * @description AuthorizationStatusEnumType: why a token may charge, or may not.
         * @enum {string}
         */
        AuthorizationStatus: "Accepted" | "Blocked" | "ConcurrentTx" | "Expired" | "Invalid" | "NoCredit" | "NotAllowedTypeEVSE" | "NotAtThisLocation" | "NotAtThisTime" | "Unknown";
        /**
         * BootPolicy
         * @description How a station is received that boots (B01 to B03).
         *
         *     `PROVISION`: Pending until floor and measurands are set again. `ACCEPT`: a device that we have
         *     provisioned before is accepted at once and provisioned right after, because profiles survive a
         *     reboot (K01.FR.27). `REJECT`: not served at all.
         * @enum {string}
         */
        BootPolicy: "provision" | "accept" | "reject";
        /**
         * BootPolicyRequest
         * @description `provision`: Pending until it is set up again. `accept`: the device that was set up before
         *     is served at once. `reject`: it is not served.
         */
        BootPolicyRequest: {
            boot_policy: components["schemas"]["BootPolicy"];
        };
        /**
         * Campaign
         * @description `stage` counts from 1; 0: none was asked yet.
         */
        Campaign: {
            /**
             * Campaign Id
             * Format: uuid
             */
            campaign_id: string;
            /** Name */
            name: string;
            /** Firmware */
            firmware: {
                [key: string]: unknown;
            };
            /** Stages Pct */
            stages_pct: number[];
            /** Stop Above Failed Pct */
            stop_above_failed_pct: number;
            /** Stage */
            stage: number;
            status: components["schemas"]["CampaignStatus"];
            /** Reason */
            reason: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Created By */
            created_by: string;
            /**
             * Status At
             * Format: date-time
             */
            status_at: string;
        };
        /**
         * CampaignDetail
         * @description With all its stations, in the order in which they are asked.
         */
        CampaignDetail: {
            /**
             * Campaign Id
             * Format: uuid
             */
            campaign_id: string;
            /** Name */
            name: string;
            /** Firmware */
            firmware: {
                [key: string]: unknown;
            };
            /** Stages Pct */
            stages_pct: number[];
            /** Stop Above Failed Pct */
            stop_above_failed_pct: number;
            /** Stage */
            stage: number;
            status: components["schemas"]["CampaignStatus"];
            /** Reason */
            reason: string | null;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Created By */
            created_by: string;
            /**
             * Status At
             * Format: date-time
             */
            status_at: string;
            /** Stations */
            stations: components["schemas"]["CampaignStation"][];
        };
        /**
         * CampaignStation
         * @description A station of a campaign; `status` is its own last word (OCPP FirmwareStatusEnumType).
         */
        CampaignStation: {
            /** Station Id */
            station_id: string;
            /** Progress */
            progress: string;
            /** Status */
            status: string | null;
            /** Request Id */
            request_id: number | null;
            /** Asked At */
            asked_at: string | null;
        };
        /**
         * CampaignStatus
         * @description A campaign starts as `RUNNING` and ends in one of the others.
         * @enum {string}
         */
        CampaignStatus: "running" | "finished" | "stopped";
        /**
         * ChargingProfiles
         * @description All that is known of the smart charging of a station.
         */
        ChargingProfiles: {
            /** Profiles */
            profiles: components["schemas"]["HeldProfile"][];
            /** Limits */
            limits: components["schemas"]["OutsideLimit"][];
            /** Reports */
            reports: components["schemas"]["ProfileReport"][];
        };
        /**
         * CircuitPower
         * @description What the fleet draws below one circuit.
         */
        CircuitPower: {
            /** Circuit Id */
            circuit_id: string;
            /** Power W */
            power_w: number;
            /** Limit W */
            limit_w: number;
        };
        /**
         * CommandAnswer
         * @description A command and what became of it; `unknown`: it may have reached the station. What it says of
         *     passwords, keys and upload tokens is not told again.
         */
        CommandAnswer: {
            /**
             * Command Id
             * Format: uuid
             */
            command_id: string;
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id: number | null;
            /** Kind */
            kind: string;
            /** Payload */
            payload: {
                [key: string]: unknown;
            };
            /** Priority */
            priority: number;
            /** Requested By */
            requested_by: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Deadline At
             * Format: date-time
             */
            deadline_at: string;
            status: components["schemas"]["CommandStatus"];
            /** Reason */
            reason: string | null;
            /** Response */
            response: unknown;
            /** Sent At */
            sent_at: string | null;
            /** Finished At */
            finished_at: string | null;
        };
        /**
         * CommandKind
         * @description `SetSetpoint`, `Provision` (measurands, floor profile, base report of a station that is
         *     Pending), `OfferSchedule` (tell an EVSE again what holds there, as its vehicle asks: K15),
         *     `SetNetworkConfiguration` (a SetNetworkProfile by way of variables: B09 of 2.1),
         *     `SetTransactionLimit` (`{transactionId, transactionLimit}`, told with an event's answer: E16),
         *     or the OCPP 2.x action whose request the payload is.
         * @enum {string}
         */
        CommandKind: "SetSetpoint" | "Provision" | "SetChargingProfile" | "ClearChargingProfile" | "GetChargingProfiles" | "GetCompositeSchedule" | "SetVariables" | "GetVariables" | "GetBaseReport" | "GetReport" | "SetNetworkProfile" | "SetNetworkConfiguration" | "SetMonitoringBase" | "SetMonitoringLevel" | "SetVariableMonitoring" | "ClearVariableMonitoring" | "GetMonitoringReport" | "GetTransactionStatus" | "OfferSchedule" | "SetTransactionLimit" | "ClearCache" | "SendLocalList" | "GetLocalListVersion" | "RequestStartTransaction" | "RequestStopTransaction" | "TriggerMessage" | "Reset" | "ChangeAvailability" | "UnlockConnector" | "SetDefaultTariff" | "GetTariffs" | "ClearTariffs" | "ChangeTransactionTariff" | "UpdateDynamicSchedule" | "UsePriorityCharging" | "NotifyAllowedEnergyTransfer" | "AFRRSignal" | "GetPeriodicEventStream" | "AdjustPeriodicEventStream" | "SetDERControl" | "GetDERControl" | "ClearDERControl" | "NotifyWebPaymentStarted" | "RequestBatterySwap" | "RenewPassword" | "IssueCertificate" | "CertificateSigned" | "UpgradeSecurityProfile" | "UpdateFirmware" | "PublishFirmware" | "UnpublishFirmware" | "InstallCertificate" | "DeleteCertificate" | "GetInstalledCertificateIds" | "GetLog" | "ReserveNow" | "CancelReservation" | "CostUpdated" | "CustomerInformation" | "SetDisplayMessage" | "GetDisplayMessages" | "ClearDisplayMessage" | "DataTransfer";
        /**
         * CommandRequest
         * @description A command; `payload` is the request of the OCPP 2.0.1 action that `kind` names.
         * @example {
         *       "kind": "Reset",
         *       "payload": {
         *         "type": "OnIdle"
         *       },
         *       "station_id": "ev36-v2g-01"
         *     }
         * @example {
         *       "evse_id": 1,
         *       "kind": "ChangeAvailability",
         *       "payload": {
         *         "evse": {
         *           "id": 1
         *         },
         *         "operationalStatus": "Inoperative"
         *       },
         *       "station_id": "ev36-v2g-01"
         *     }
         */
        CommandRequest: {
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id?: number | null;
            kind: components["schemas"]["CommandKind"];
            /** Payload */
            payload?: {
                [key: string]: unknown;
            };
        };
        /**
         * CommandStatus
         * @description `UNKNOWN`: it may have reached the station; treat the worst case as true.
         * @enum {string}
         */
        CommandStatus: "pending" | "sent" | "confirmed" | "refused" | "unknown" | "superseded" | "expired";
        /**
         * CompositeSchedule
         * @description What all profiles and limits come to, as we compute it.
         */
        CompositeSchedule: {
            /** Evse Id */
            evse_id: number;
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Duration S */
            duration_s: number;
            /** Steps */
            steps: components["schemas"]["Step"][];
        };
        /**
         * DecisionPost
         * @description `settle`: ask the provider (again), where it refused with another `amount` or `psp_ref` (as
         *     when the driver authorized the payment anew); `write_off`: it is not taken, `reason` says why.
         *     Where nobody knows what it cost, `amount` and `currency` say it.
         */
        DecisionPost: {
            decision: components["schemas"]["csms__domain__settling__Decision"];
            /**
             * Amount
             * @example 25.00
             */
            amount?: string;
            /**
             * Currency
             * @description ISO 4217
             */
            currency?: string | null;
            /** Psp Ref */
            psp_ref?: string | null;
            /** Reason */
            reason?: string | null;
        };
        /**
         * Delivery
         * @description What was delivered per minute and per half-hour; recomputable from the stored readings.
         */
        Delivery: {
            /** Minutes */
            minutes: components["schemas"]["DeliveryInterval"][];
            /** Half Hours */
            half_hours: components["schemas"]["DeliveryInterval"][];
        };
        /**
         * DeliveryInterval
         * @description Energies at the site meter, + is import; requested and delivered against the baseline.
         */
        DeliveryInterval: {
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Duration S */
            duration_s: number;
            /** Baseline Wh */
            baseline_wh: number;
            /** Metered Wh */
            metered_wh: number;
            /** Requested Wh */
            requested_wh: number;
            /** Delivered Wh */
            delivered_wh: number;
            /** Delivered Ratio */
            delivered_ratio: number | null;
            /** Reading Count */
            reading_count: number;
            /** Complete */
            complete: boolean;
        };
        /**
         * DemandSource
         * @description Who said when the vehicle leaves and what it needs; the driver's word wins.
         * @enum {string}
         */
        DemandSource: "driver" | "station" | "operator";
        /**
         * Deviation
         * @description How what was metered differs from what was sent; the console has a sentence for each.
         * @enum {string}
         */
        Deviation: "followed" | "ignored" | "liar" | "limited_elsewhere" | "taper" | "limited_by_ev" | "meter_gap";
        /**
         * DischargeDialect
         * @description How one signed setpoint is said to a station.
         * @enum {string}
         */
        DischargeDialect: "none" | "negative_limit" | "datatransfer" | "ocpp201_v2x" | "ocpp21";
        /**
         * DischargeRequest
         * @description `fault_reviewed`: somebody has looked at why the station charged when told to discharge.
         */
        DischargeRequest: {
            dialect: components["schemas"]["DischargeDialect"];
            /**
             * Fault Reviewed
             * @default false
             */
            fault_reviewed: boolean;
        };
        /**
         * EmergencyRequest
         * @description `import_max_w`: what the site may still take; none: what it takes with every vehicle at its
         *     floor and the store at rest.
         */
        EmergencyRequest: {
            /** Reason */
            reason: string;
            /** Import Max W */
            import_max_w?: number | null;
        };
        /**
         * Evse
         * @description One EVSE as it is now. `setpoint_w`, + into the vehicle, is leased until `setpoint_until`.
         */
        Evse: {
            /**
             * Station Id
             * @example ev36-v2g-01
             */
            station_id: string;
            /** Evse Id */
            evse_id: number;
            /** Site Id */
            site_id: string | null;
            /** Circuit Id */
            circuit_id: string | null;
            /**
             * Status
             * @description OCPP ConnectorStatusEnumType
             */
            status: string | null;
            /** Connected */
            connected: boolean;
            /** Power W */
            power_w: number | null;
            /** Power At */
            power_at: string | null;
            /** Import Wh */
            import_wh: number | null;
            /** Export Wh */
            export_wh: number | null;
            /** Soc Pct */
            soc_pct: number | null;
            /** Setpoint W */
            setpoint_w: number | null;
            /** Setpoint Until */
            setpoint_until: string | null;
            /** Setpoint Status */
            setpoint_status: string | null;
            /**
             * Composite W
             * @description what the station says it holds
             */
            composite_w: number | null;
            /** Transaction Id */
            transaction_id: string | null;
            /** Vehicle Id */
            vehicle_id: string | null;
            /** Departure At */
            departure_at: string | null;
            /** Max Charge W */
            max_charge_w: number | null;
            /** Max Discharge W */
            max_discharge_w: number | null;
            /** @default null */
            why: components["schemas"]["Why"] | null;
        };
        /**
         * EvsePlan
         * @description One EVSE's setpoints, + into the vehicle, and the energy they lead to at each slot's end.
         */
        EvsePlan: {
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id: number;
            /** Vehicle Id */
            vehicle_id: string | null;
            /** Transaction Id */
            transaction_id: string | null;
            /** Departure At */
            departure_at: string | null;
            /** Setpoint W */
            setpoint_w: number[];
            /** Energy Wh */
            energy_wh: number[];
            /** Shortfall Wh */
            shortfall_wh: number;
            /**
             * Fixes
             * @description what would have it ready, the cheapest first
             */
            fixes: components["schemas"]["PlanFix"][];
            /** Why */
            why: components["schemas"]["PlanWhy"][];
        };
        /**
         * Explanation
         * @description A sentence of the controller about its last cycle.
         */
        Explanation: {
            /** Code */
            code: string;
            /** Detail */
            detail: string;
        };
        /**
         * Fix
         * @description A change that would have a vehicle ready which the plan leaves short, all else as planned;
         *     the energy for it would cost `cost_gbp`. `late_s` after its departure, `less_wh` below its
         *     target, `more_w` over the circuit `where` (null: the connection) in the slots named.
         */
        Fix: {
            /**
             * Change
             * @example later_departure
             */
            change: string;
            /** Cost Gbp */
            cost_gbp: number;
            /** Late S */
            late_s?: number | null;
            /** Less Wh */
            less_wh?: number | null;
            /** More W */
            more_w?: number | null;
            /** Where */
            where?: string | null;
            /** First Slot */
            first_slot?: number | null;
            /** Last Slot */
            last_slot?: number | null;
        };
        /**
         * HeldProfile
         * @description A profile that we set or the station reported; EVSE 0 is the station. `payload` is OCPP's
         *     ChargingProfileType, `source` its ChargingLimitSourceEnumType.
         */
        HeldProfile: {
            side: components["schemas"]["ProfileSide"];
            /** Evse Id */
            evse_id: number;
            /** Profile Id */
            profile_id: number;
            /** Purpose */
            purpose: string;
            /** Stack Level */
            stack_level: number;
            /** Source */
            source: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Payload */
            payload: unknown;
        };
        /**
         * IdTokenAnswer
         * @description A listed token; `Central` as its type stands for every type.
         */
        IdTokenAnswer: {
            /** Id Token */
            id_token: string;
            /** Type */
            type: string;
            status: components["schemas"]["AuthorizationStatus"];
            /** Group Id Token */
            group_id_token: string | null;
            /** Group Type */
            group_type: string | null;
            /** Valid From */
            valid_from: string | null;
            /** Expires At */
            expires_at: string | null;
            /** Cache S */
            cache_s: number | null;
            /** Charging Priority */
            charging_priority: number | null;
            /** Language1 */
            language1: string | null;
            /** Language2 */
            language2: string | null;
            personal_message: components["schemas"]["Message"] | null;
            /** Places */
            places: {
                [key: string]: number[];
            } | null;
            /** Paid In */
            paid_in: string | null;
            limits: components["schemas"]["LimitModel"] | null;
            /** Version */
            version: number;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * IdTokenPut
         * @description A token as its operator means it. `status` is what holds unless validity or place forbid;
         *     `places` is station → EVSEs (an empty list: all of them), null: everywhere. A prepaid token says
         *     what was `paid_in` for it in all; what its transactions cost is taken off it. `limits` are of
         *     each transaction: the station keeps them, or the hub stops it.
         * @example {
         *       "cache_s": 86400,
         *       "group_id_token": "fleet-north",
         *       "status": "Accepted"
         *     }
         * @example {
         *       "charging_priority": 2,
         *       "places": {
         *         "ev36-v2g-01": [
         *           1
         *         ]
         *       },
         *       "status": "Accepted"
         *     }
         */
        IdTokenPut: {
            /** @default Accepted */
            status: components["schemas"]["AuthorizationStatus"];
            /** Group Id Token */
            group_id_token?: string | null;
            /**
             * Group Type
             * @default Central
             */
            group_type: string;
            /** Valid From */
            valid_from?: string | null;
            /** Expires At */
            expires_at?: string | null;
            /** Cache S */
            cache_s?: number | null;
            /** Charging Priority */
            charging_priority?: number | null;
            /** Language1 */
            language1?: string | null;
            /** Language2 */
            language2?: string | null;
            personal_message?: components["schemas"]["Message"] | null;
            /** Places */
            places?: {
                [key: string]: number[];
            } | null;
            /** Paid In */
            paid_in?: string | null;
            limits?: components["schemas"]["LimitModel"] | null;
        };
        /**
         * InstalledCertificate
         * @description A certificate that the station said it holds, by the hashes of OCPP.
         */
        InstalledCertificate: {
            /** Certificate Type */
            certificate_type: string;
            /** Hash Algorithm */
            hash_algorithm: string;
            /** Issuer Name Hash */
            issuer_name_hash: string;
            /** Issuer Key Hash */
            issuer_key_hash: string;
            /** Serial Number */
            serial_number: string;
            /** Children */
            children: {
                [key: string]: unknown;
            }[];
            /**
             * Seen At
             * Format: date-time
             */
            seen_at: string;
        };
        /**
         * LimitModel
         * @description What a transaction may cost (with tax), take, last or charge to; null: no such limit.
         */
        LimitModel: {
            /** Max Cost */
            max_cost?: string | null;
            /** Max Energy Wh */
            max_energy_wh?: number | null;
            /** Max Time S */
            max_time_s?: number | null;
            /** Max Soc Pct */
            max_soc_pct?: number | null;
        };
        /**
         * LinkAnswer
         * @description Where the driver wants to charge, and at most how much; null: no such limit. `dynamic`: a
         *     one-time password proved that the QR code was the station's own.
         */
        LinkAnswer: {
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id: number | null;
            /** Dynamic */
            dynamic: boolean;
            /** Max Cost */
            max_cost: string | null;
            /** Max Energy Wh */
            max_energy_wh: number | null;
            /** Max Time S */
            max_time_s: number | null;
        };
        /**
         * LinkPost
         * @description The URL that a driver's telephone read from a QR code, as it came.
         */
        LinkPost: {
            /** Url */
            url: string;
        };
        /**
         * Live
         * @description The event loop of this process turns.
         */
        Live: {
            /**
             * Status
             * @default ok
             */
            status: string;
        };
        /**
         * LoadPlan
         * @description Schedule of a flexible load, for whoever runs it: average power per slot, what its window has
         *     got at each slot's end, and what the windows of this plan will miss.
         */
        LoadPlan: {
            /** Load Id */
            load_id: string;
            /** Power W */
            power_w: number[];
            /** Energy Wh */
            energy_wh: number[];
            /** Shortfall Wh */
            shortfall_wh: number;
        };
        /**
         * LogAnswer
         * @description A log that was asked for; it can be read once `received_at` is set.
         */
        LogAnswer: {
            /**
             * Upload Id
             * Format: uuid
             */
            upload_id: string;
            /** Station Id */
            station_id: string;
            /**
             * Request Id
             * @description OCPP requestId of GetLog and LogStatusNotification
             */
            request_id: number;
            /**
             * Command Id
             * Format: uuid
             */
            command_id: string;
            /** Log Type */
            log_type: string;
            /**
             * Status
             * @description OCPP UploadLogStatusEnumType, or the station's answer
             */
            status: string | null;
            /** Requested By */
            requested_by: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Received At */
            received_at: string | null;
            /** Size Bytes */
            size_bytes: number | null;
            /** Sha256 */
            sha256: string | null;
        };
        /**
         * LogDetail
         * @description With all that the station said of it.
         */
        LogDetail: {
            /**
             * Upload Id
             * Format: uuid
             */
            upload_id: string;
            /** Station Id */
            station_id: string;
            /**
             * Request Id
             * @description OCPP requestId of GetLog and LogStatusNotification
             */
            request_id: number;
            /**
             * Command Id
             * Format: uuid
             */
            command_id: string;
            /** Log Type */
            log_type: string;
            /**
             * Status
             * @description OCPP UploadLogStatusEnumType, or the station's answer
             */
            status: string | null;
            /** Requested By */
            requested_by: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Received At */
            received_at: string | null;
            /** Size Bytes */
            size_bytes: number | null;
            /** Sha256 */
            sha256: string | null;
            /** Timeline */
            timeline: components["schemas"]["LogStatus"][];
        };
        /**
         * LogRequest
         * @description Which log, and of what time (as far as the station can tell).
         * @example {
         *       "log_type": "SecurityLog"
         *     }
         */
        LogRequest: {
            /**
             * Log Type
             * @default DiagnosticsLog
             * @enum {string}
             */
            log_type: "DiagnosticsLog" | "SecurityLog" | "DataCollectorLog";
            /** Oldest At */
            oldest_at?: string | null;
            /** Latest At */
            latest_at?: string | null;
        };
        /**
         * LogStatus
         * @description What the station answered or told, and when.
         */
        LogStatus: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Status */
            status: string;
        };
        /**
         * Login
         * @description Username and password of a person; programs use API tokens.
         * @example {
         *       "password": "correct horse battery",
         *       "username": "operator"
         *     }
         */
        Login: {
            /** Username */
            username: string;
            /**
             * Password
             * Format: password
             */
            password: string;
        };
        /**
         * Message
         * @description Words for the driver, shown where a station can.
         */
        Message: {
            /** Content */
            content: string;
            /**
             * Format
             * @default UTF8
             */
            format: string;
            /** Language */
            language?: string | null;
        };
        /**
         * Monitor
         * @description A monitor: `monitoring` is OCPP's VariableMonitoringType, `ours` that we have set it.
         */
        Monitor: {
            /** Component */
            component: string;
            /** Component Instance */
            component_instance: string;
            /** Evse Id */
            evse_id: number;
            /** Connector Id */
            connector_id: number;
            /** Variable */
            variable: string;
            /** Variable Instance */
            variable_instance: string;
            /** Monitor Id */
            monitor_id: number;
            /** Ours */
            ours: boolean;
            /** Monitoring */
            monitoring: unknown;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Cleared At */
            cleared_at: string | null;
        };
        /**
         * NetworkProfile
         * @description What a configuration slot holds, without its secrets, as in OCPP's SetNetworkProfile.
         */
        NetworkProfile: {
            /** Configuration Slot */
            configuration_slot: number;
            /** Connection Data */
            connection_data: unknown;
        };
        /**
         * Notice
         * @description Something the station told that is neither energy nor status; `kind` is the OCPP action.
         */
        Notice: {
            /** Notice Id */
            notice_id: number;
            /** Kind */
            kind: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            /** Severity */
            severity: string;
            /** Payload */
            payload: unknown;
        };
        /**
         * OcppMessage
         * @description One OCPP-J frame; `direction` is in (from the station) or out.
         */
        OcppMessage: {
            /** Message Row Id */
            message_row_id: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Direction */
            direction: string;
            /** Kind */
            kind: string;
            /** Action */
            action: string;
            /** Message Id */
            message_id: string;
            /** Payload */
            payload: unknown;
        };
        /**
         * Outcome
         * @description One of the two plans in figures, over its horizon; energies at the connection.
         */
        Outcome: {
            /**
             * Cost Gbp
             * @description Energy and wear, without the prices of unmet wishes
             */
            cost_gbp: number;
            /** Gap Ratio */
            gap_ratio: number | null;
            /** Import Wh */
            import_wh: number;
            /** Export Wh */
            export_wh: number;
            /** Peak Import W */
            peak_import_w: number;
            /** Curtailed Wh */
            curtailed_wh: number;
            /**
             * Given Wh
             * @description What vehicles would give back
             */
            given_wh: number;
            /** Short */
            short: components["schemas"]["Short"][];
            /** Grid W */
            grid_w: number[];
            /** Fleet W */
            fleet_w: number[];
            /** Store W */
            store_w: number[];
        };
        /**
         * OutsideLimit
         * @description A limit that others set and have not cleared; without `schedules` its size is not known.
         */
        OutsideLimit: {
            /** Evse Id */
            evse_id: number;
            /** Source */
            source: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Grid Critical */
            grid_critical: boolean;
            /** Schedules */
            schedules: unknown[];
        };
        /** Page[Alarm] */
        Page_Alarm_: {
            /** Items */
            items: components["schemas"]["Alarm"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Alert] */
        Page_Alert_: {
            /** Items */
            items: components["schemas"]["Alert"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Approval] */
        Page_Approval_: {
            /** Items */
            items: components["schemas"]["Approval"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Campaign] */
        Page_Campaign_: {
            /** Items */
            items: components["schemas"]["Campaign"][];
            /** Next */
            next?: string | null;
        };
        /** Page[CommandAnswer] */
        Page_CommandAnswer_: {
            /** Items */
            items: components["schemas"]["CommandAnswer"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Decision] */
        Page_Decision_: {
            /** Items */
            items: components["schemas"]["web__api__sites__Decision"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Evse] */
        Page_Evse_: {
            /** Items */
            items: components["schemas"]["Evse"][];
            /** Next */
            next?: string | null;
        };
        /** Page[IdTokenAnswer] */
        Page_IdTokenAnswer_: {
            /** Items */
            items: components["schemas"]["IdTokenAnswer"][];
            /** Next */
            next?: string | null;
        };
        /** Page[LogAnswer] */
        Page_LogAnswer_: {
            /** Items */
            items: components["schemas"]["LogAnswer"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Monitor] */
        Page_Monitor_: {
            /** Items */
            items: components["schemas"]["Monitor"][];
            /** Next */
            next?: string | null;
        };
        /** Page[NetworkProfile] */
        Page_NetworkProfile_: {
            /** Items */
            items: components["schemas"]["NetworkProfile"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Notice] */
        Page_Notice_: {
            /** Items */
            items: components["schemas"]["Notice"][];
            /** Next */
            next?: string | null;
        };
        /** Page[OcppMessage] */
        Page_OcppMessage_: {
            /** Items */
            items: components["schemas"]["OcppMessage"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Process] */
        Page_Process_: {
            /** Items */
            items: components["schemas"]["Process"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Proof] */
        Page_Proof_: {
            /** Items */
            items: components["schemas"]["Proof"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Quirk] */
        Page_Quirk_: {
            /** Items */
            items: components["schemas"]["Quirk"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Report] */
        Page_Report_: {
            /** Items */
            items: components["schemas"]["Report"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Responding] */
        Page_Responding_: {
            /** Items */
            items: components["schemas"]["Responding"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Settlement] */
        Page_Settlement_: {
            /** Items */
            items: components["schemas"]["Settlement"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Signal] */
        Page_Signal_: {
            /** Items */
            items: components["schemas"]["Signal"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Site] */
        Page_Site_: {
            /** Items */
            items: components["schemas"]["Site"][];
            /** Next */
            next?: string | null;
        };
        /** Page[StationEvent] */
        Page_StationEvent_: {
            /** Items */
            items: components["schemas"]["StationEvent"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Station] */
        Page_Station_: {
            /** Items */
            items: components["schemas"]["Station"][];
            /** Next */
            next?: string | null;
        };
        /** Page[TariffAnswer] */
        Page_TariffAnswer_: {
            /** Items */
            items: components["schemas"]["TariffAnswer"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Transaction] */
        Page_Transaction_: {
            /** Items */
            items: components["schemas"]["Transaction"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Variable] */
        Page_Variable_: {
            /** Items */
            items: components["schemas"]["Variable"][];
            /** Next */
            next?: string | null;
        };
        /** Page[VehicleAnswer] */
        Page_VehicleAnswer_: {
            /** Items */
            items: components["schemas"]["VehicleAnswer"][];
            /** Next */
            next?: string | null;
        };
        /**
         * Payment
         * @description A payment, whether its transaction could be started, and how it was settled.
         */
        Payment: {
            /** Psp Ref */
            psp_ref: string;
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id: number | null;
            /**
             * Amount
             * @example 25.00
             */
            amount: string;
            /**
             * Command Id
             * Format: uuid
             */
            command_id: string;
            start_status: components["schemas"]["CommandStatus"];
            /** Start Reason */
            start_reason: string | null;
            /** Settlements */
            settlements: components["schemas"]["Settlement"][];
        };
        /**
         * PaymentPost
         * @description A payment that its provider has authorized: `amount` of `currency` is what is reserved, tax
         *     included; nothing costs more. No `evse_id`: the driver chooses.
         * @example {
         *       "amount": "25.00",
         *       "currency": "GBP",
         *       "evse_id": 1,
         *       "psp_ref": "8835513921644842",
         *       "station_id": "ev36-v2g-01"
         *     }
         */
        PaymentPost: {
            /** Psp Ref */
            psp_ref: string;
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id?: number | null;
            /**
             * Amount
             * @example 25.00
             */
            amount: string;
            /**
             * Currency
             * @description ISO 4217
             */
            currency: string;
            /** Max Energy Wh */
            max_energy_wh?: number | null;
            /** Max Time S */
            max_time_s?: number | null;
            /** Max Soc Pct */
            max_soc_pct?: number | null;
        };
        /**
         * Plan
         * @description A plan; `status` says how it came about, `cause` why it was made. `carbon_g`: CO2 of what is
         *     imported in each slot, null where the site's file does not tell the intensity. `gap_ratio`: how
         *     much more than the least possible it may cost, wishes that went unmet included.
         */
        Plan: {
            /**
             * Plan Id
             * Format: uuid
             */
            plan_id: string;
            /** Site Id */
            site_id: string;
            /** Version */
            version: number;
            /**
             * Made At
             * Format: date-time
             */
            made_at: string;
            /**
             * Status
             * @example optimal
             */
            status: string;
            /** Cause */
            cause: string;
            /** Solve S */
            solve_s: number;
            /** Objective Gbp */
            objective_gbp: number | null;
            /** Gap Ratio */
            gap_ratio: number | null;
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Slot S */
            slot_s: number;
            /** Slots */
            slots: number;
            series: components["schemas"]["PlanSeries"];
            /** Carbon G */
            carbon_g: number[] | null;
            /** Evses */
            evses: components["schemas"]["EvsePlan"][];
            /** Loads */
            loads: components["schemas"]["LoadPlan"][];
            /** Notes */
            notes: {
                [key: string]: unknown;
            }[];
        };
        /**
         * PlanFix
         * @description With all of it in a sentence.
         */
        PlanFix: {
            /**
             * Change
             * @example later_departure
             */
            change: string;
            /** Cost Gbp */
            cost_gbp: number;
            /** Late S */
            late_s?: number | null;
            /** Less Wh */
            less_wh?: number | null;
            /** More W */
            more_w?: number | null;
            /** Where */
            where?: string | null;
            /** First Slot */
            first_slot?: number | null;
            /** Last Slot */
            last_slot?: number | null;
            /** Text */
            text: string;
        };
        /**
         * PlanRunnerUp
         * @description The next best thing to do, in another `slot` where one belongs to it: each kWh of it would
         *     cost `extra_gbp_per_kwh` more, in the plan's own prices.
         */
        PlanRunnerUp: {
            /**
             * Action
             * @example charge_then
             */
            action: string;
            /** Slot */
            slot: number | null;
            /** Extra Gbp Per Kwh */
            extra_gbp_per_kwh: number;
        };
        /**
         * PlanSeries
         * @description Site series, one value per slot: `grid_w` + is import, generation is a magnitude.
         */
        PlanSeries: {
            /** Grid W */
            grid_w: number[];
            /** Load W */
            load_w: number[];
            /** Solar W */
            solar_w: number[];
            /** Wind W */
            wind_w: number[];
            /** Curtailed W */
            curtailed_w: number[];
            /** Store W */
            store_w: number[];
            /** Store Energy Wh */
            store_energy_wh: number[];
            /** Fleet W */
            fleet_w: number[];
            /** Import Gbp Per Kwh */
            import_gbp_per_kwh: number[];
            /** Export Gbp Per Kwh */
            export_gbp_per_kwh: number[];
        };
        /**
         * PlanWhy
         * @description The reason of a run of slots; `cost_gbp_per_kwh` is what one more kWh would cost there,
         *     `price_slot` the slot whose price decides, `text` all of it in one sentence.
         */
        PlanWhy: {
            /** Code */
            code: string;
            /** First Slot */
            first_slot: number;
            /** Last Slot */
            last_slot: number;
            /** Detail */
            detail: string;
            /** Cost Gbp Per Kwh */
            cost_gbp_per_kwh: number;
            /** Price Slot */
            price_slot: number | null;
            runner_up: components["schemas"]["PlanRunnerUp"] | null;
            /** Text */
            text: string;
        };
        /**
         * PluggedIn
         * @description Where the vehicle is, and since when.
         */
        PluggedIn: {
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id: number;
            /** Transaction Id */
            transaction_id: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
        };
        /**
         * Point
         * @description At a frequency so much is added to the setpoint, + into the vehicle.
         */
        Point: {
            /** Frequency Hz */
            frequency_hz: number;
            /** Power W */
            power_w: number;
        };
        /**
         * PowerHistory
         * @description Columns of equal length: averages per step that has readings; `at` is the step's start.
         */
        PowerHistory: {
            /** At */
            at: string[];
            /** Reading Count */
            reading_count: number[];
            /** Grid W */
            grid_w: (number | null)[];
            /** Load W */
            load_w: (number | null)[];
            /** Solar W */
            solar_w: (number | null)[];
            /** Wind W */
            wind_w: (number | null)[];
            /** Store W */
            store_w: (number | null)[];
            /** Store Soc Pct */
            store_soc_pct: (number | null)[];
            /** Fleet Charge W */
            fleet_charge_w: (number | null)[];
            /** Fleet Discharge W */
            fleet_discharge_w: (number | null)[];
        };
        /**
         * PriceModel
         * @description It holds from `from_time` until before `to_time` (over midnight if that is earlier) on `days`
         *     (ISO: 1 is Monday), local time; of several the first that holds counts.
         */
        PriceModel: {
            /**
             * Price
             * @example 0.38
             */
            price: string;
            /** From Time */
            from_time?: string | null;
            /** To Time */
            to_time?: string | null;
            /**
             * Days
             * @default []
             */
            days: number[];
            /**
             * After S
             * @default 0
             */
            after_s: number;
        };
        /**
         * Process
         * @description A process that ever gave a sign of life; `at` and `age_s` are real time.
         */
        Process: {
            /** Process */
            process: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Age S */
            age_s: number;
            /** Alive */
            alive: boolean;
            /** Pid */
            pid: number;
            /** Detail */
            detail: {
                [key: string]: unknown;
            };
        };
        /**
         * ProfileReport
         * @description A report that was asked for; `differences` from what we set, in words.
         */
        ProfileReport: {
            /** Request Id */
            request_id: number;
            /**
             * Asked At
             * Format: date-time
             */
            asked_at: string;
            /** Completed At */
            completed_at: string | null;
            /** Differences */
            differences: string[];
        };
        /**
         * ProfileSide
         * @description Who says that a station holds a profile.
         * @enum {string}
         */
        ProfileSide: "set" | "reported";
        /**
         * Proof
         * @description One transaction in one interval of 5 min, or what of it the transaction lasted.
         *
         *     Powers are means, + into the vehicle: `planned_w` null where no plan knew it, `sent_w` and
         *     `confirmed_w` the setpoints in force (the floor where there was no lease), `composite_w` null
         *     where it was never read back. Energies are the registers'; the maxima are what may have flowed
         *     by all that is known.
         */
        Proof: {
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id: number;
            /** Transaction Id */
            transaction_id: string;
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Duration S */
            duration_s: number;
            /** Planned W */
            planned_w: number | null;
            /** Sent W */
            sent_w: number;
            /** Confirmed W */
            confirmed_w: number;
            /** Composite W */
            composite_w: number | null;
            /** Import Wh */
            import_wh: number;
            /** Export Wh */
            export_wh: number;
            /** Import Max Wh */
            import_max_wh: number;
            /** Export Max Wh */
            export_max_wh: number;
            /** Reading Count */
            reading_count: number;
            deviation: components["schemas"]["Deviation"];
        };
        /**
         * Proposal
         * @description A value that the station's figures suggest but do not prove, with the evidence (`reason`).
         *     Setting it makes it hold; setting another answers it.
         */
        Proposal: {
            /** Value */
            value: unknown;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Reason */
            reason: string;
        };
        /**
         * Quirk
         * @description One quirk: the `value` that holds, where it comes from (standard, model, learned, operator),
         *     and the standard's value. `reason` is who set it, or what taught it.
         */
        Quirk: {
            /** Name */
            name: string;
            /** Value */
            value: unknown;
            /** Standard */
            standard: unknown;
            source: components["schemas"]["QuirkSource"];
            /** At */
            at: string | null;
            /** Reason */
            reason: string | null;
            proposed: components["schemas"]["Proposal"] | null;
        };
        /**
         * QuirkRequest
         * @description The value, of the quirk's own type.
         */
        QuirkRequest: {
            /** Value */
            value: unknown;
        };
        /**
         * QuirkSource
         * @description Which layer a value comes from, the strongest last.
         * @enum {string}
         */
        QuirkSource: "standard" | "model" | "proposed" | "learned" | "operator";
        /**
         * Readiness
         * @description `checks`: database, valkey, csms, worker and controllers: "ok", or what is wrong. Anybody may
         *     ask, so it names no site; `GET /processes` does.
         */
        Readiness: {
            /** Status */
            status: string;
            /** Checks */
            checks: {
                [key: string]: string;
            };
        };
        /**
         * Readings
         * @description Columns of equal length, oldest first; registers count up and never down.
         */
        Readings: {
            /** At */
            at: string[];
            /** Power W */
            power_w: (number | null)[];
            /** Import Wh */
            import_wh: (number | null)[];
            /** Export Wh */
            export_wh: (number | null)[];
            /** Soc Pct */
            soc_pct: (number | null)[];
        };
        /**
         * Ready
         * @description `READY`: it could leave now; `ON_TRACK`: the plan gets it there in time.
         * @enum {string}
         */
        Ready: "ready" | "on_track" | "at_risk";
        /**
         * ReplanAccepted
         * @description The request is queued; the plan that answers it has `version` above `plan_version`.
         */
        ReplanAccepted: {
            /** Site Id */
            site_id: string;
            /** Plan Version */
            plan_version: number | null;
        };
        /**
         * Report
         * @description A report that was asked for: `base` is OCPP's report base, Custom or Monitoring. `missing`
         *     are the numbers of parts that have not come; it is complete without any once the last is there.
         */
        Report: {
            /** Request Id */
            request_id: number;
            /** Base */
            base: string;
            /** Status */
            status: string;
            /**
             * Asked At
             * Format: date-time
             */
            asked_at: string;
            /**
             * Command Id
             * Format: uuid
             */
            command_id: string;
            /** Received */
            received: number[];
            /** Missing */
            missing: number[];
            /** Complete */
            complete: boolean;
        };
        /**
         * ReportContent
         * @description A report with what it told: OCPP's ReportDataType or MonitoringDataType, in order.
         */
        ReportContent: {
            /** Request Id */
            request_id: number;
            /** Base */
            base: string;
            /** Status */
            status: string;
            /**
             * Asked At
             * Format: date-time
             */
            asked_at: string;
            /**
             * Command Id
             * Format: uuid
             */
            command_id: string;
            /** Received */
            received: number[];
            /** Missing */
            missing: number[];
            /** Complete */
            complete: boolean;
            /** Content */
            content: unknown[];
        };
        /**
         * Responding
         * @description A station and its curve; `refusal` is why it does not follow one.
         */
        Responding: {
            /** Station Id */
            station_id: string;
            /** Curve */
            curve: components["schemas"]["Point"][];
            /** Refusal */
            refusal?: string | null;
        };
        /**
         * ResponseRequest
         * @description The curve, and who shall follow it: the stations named, those below a circuit, or all.
         */
        ResponseRequest: {
            /** Curve */
            curve: components["schemas"]["Point"][];
            /** Circuit Id */
            circuit_id?: string | null;
            /** Station Ids */
            station_ids?: string[] | null;
        };
        /**
         * Role
         * @description `viewer` sees, `operator` acts, `admin` also does what can override the hub's own control.
         * @enum {string}
         */
        Role: "viewer" | "operator" | "admin";
        /**
         * RunnerUp
         * @description The next best thing to do, `at` another time where that belongs to it: each kWh of it would
         *     cost `extra_gbp_per_kwh` more.
         */
        RunnerUp: {
            /**
             * Action
             * @example charge_then
             */
            action: string;
            /** At */
            at: string | null;
            /** Extra Gbp Per Kwh */
            extra_gbp_per_kwh: number;
        };
        /**
         * Scope
         * @description What a token may do instead of a role: it then sees and does nothing else.
         * @enum {string}
         */
        Scope: "signals" | "payments" | "weather" | "driver";
        /**
         * SecurityRequest
         * @description The least secure line that the station may come by, and the other name (CN) of its client
         *     certificate, if it has one.
         */
        SecurityRequest: {
            /** Security Profile */
            security_profile: number;
            /** Common Name */
            common_name?: string | null;
        };
        /**
         * Session
         * @description Who I am. `csrf_token` goes into the header X-CSRF-Token of POST, PUT, PATCH and DELETE.
         */
        Session: {
            /** Username */
            username: string;
            role: components["schemas"]["Role"] | null;
            /** Scopes */
            scopes: components["schemas"]["Scope"][];
            /** Csrf Token */
            csrf_token: string | null;
        };
        /**
         * Settlement
         * @description What is taken of a payment for one transaction. `Station`: it had settled or canceled the
         *     payment itself; `Operator`: nobody could ask the provider, for that `reason`.
         */
        Settlement: {
            /** Station Id */
            station_id: string;
            /** Transaction Id */
            transaction_id: string;
            /** Psp Ref */
            psp_ref: string;
            status: components["schemas"]["SettlingStatus"];
            /** Amount */
            amount: string | null;
            /** Currency */
            currency: string | null;
            /**
             * Due At
             * Format: date-time
             */
            due_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Attempts */
            attempts: number;
            /** Reason */
            reason: string | null;
            /** Receipt Id */
            receipt_id: string | null;
            /** Receipt Url */
            receipt_url: string | null;
            /**
             * Asked As
             * @description the reference it is settled under, if another
             */
            asked_as: string | null;
            /**
             * Station Status
             * @description what the station says, if it says anything
             */
            station_status: string | null;
        };
        /**
         * SettlingStatus
         * @description `Due`: the provider will be asked; all others are an end. `Station`: it settled or canceled
         *     the payment itself; `Operator`: nobody could ask, so a person decides; `WrittenOff`: one did.
         * @enum {string}
         */
        SettlingStatus: "Due" | "Settled" | "Refused" | "Station" | "Operator" | "WrittenOff";
        /**
         * Short
         * @description A vehicle that would leave with less than it wants.
         */
        Short: {
            /** Station Id */
            station_id: string;
            /** Evse Id */
            evse_id: number;
            /** Vehicle Id */
            vehicle_id: string;
            /**
             * Departure At
             * Format: date-time
             */
            departure_at: string;
            /** Shortfall Wh */
            shortfall_wh: number;
        };
        /**
         * Signal
         * @description A grid signal and its fate.
         */
        Signal: {
            /**
             * Signal Id
             * Format: uuid
             */
            signal_id: string;
            /** Site Id */
            site_id: string;
            /** Operator */
            operator: string;
            /** External Id */
            external_id: string;
            /** Revision */
            revision: number;
            /** Kind */
            kind: string;
            /** Priority */
            priority: number;
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /** Import Max W */
            import_max_w: number | null;
            /** Export Max W */
            export_max_w: number | null;
            /** Site Power W */
            site_power_w: number | null;
            /** Delta W */
            delta_w: number | null;
            /** No Rebound Before S */
            no_rebound_before_s: number;
            /** No Rebound After S */
            no_rebound_after_s: number;
            /** Reserve Down W */
            reserve_down_w: number | null;
            /** Reserve Up W */
            reserve_up_w: number | null;
            /** Reserve S */
            reserve_s: number;
            /** Status */
            status: string;
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Acknowledged At */
            acknowledged_at: string | null;
            /** Settled At */
            settled_at: string | null;
            acknowledgement: components["schemas"]["Acknowledgement"] | null;
            baseline: components["schemas"]["SignalBaseline"] | null;
        };
        /**
         * SignalBaseline
         * @description Site power per slot of the plan without the instruction, frozen at acknowledgement.
         */
        SignalBaseline: {
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Slot S */
            slot_s: number;
            /** Grid W */
            grid_w: number[];
            /** Plan Version */
            plan_version: number | null;
        };
        /**
         * SignalKind
         * @enum {string}
         */
        SignalKind: "envelope" | "instruction" | "reserve";
        /**
         * SignalPost
         * @description An envelope (bounds, magnitudes), an instruction (`site_power_w`, + is import, or `delta_w`
         *     against the baseline). Priority 0 is the highest. For `no_rebound_before_s` and
         *     `no_rebound_after_s` beside its window an instruction keeps the site on its side of the
         *     baseline: not above it beside a reduction, not below it beside an increase. Or a reserve,
         *     magnitudes by which site power can fall (`reserve_down_w`; of generation that is upward) and
         *     rise (`reserve_up_w`) on call within the window, `reserve_s` at a time; an instruction of the
         *     same operator calls it.
         * @example {
         *       "delta_w": -150000,
         *       "ends_at": "2026-06-01T17:30:00Z",
         *       "external_id": "dso-2026-06-01-17",
         *       "kind": "instruction",
         *       "priority": 1,
         *       "revision": 0,
         *       "starts_at": "2026-06-01T17:00:00Z"
         *     }
         */
        SignalPost: {
            /** External Id */
            external_id: string;
            /**
             * Revision
             * @default 0
             */
            revision: number;
            kind: components["schemas"]["SignalKind"];
            /**
             * Priority
             * @default 0
             */
            priority: number;
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /** Import Max W */
            import_max_w?: number | null;
            /** Export Max W */
            export_max_w?: number | null;
            /** Site Power W */
            site_power_w?: number | null;
            /** Delta W */
            delta_w?: number | null;
            /**
             * No Rebound Before S
             * @default 0
             */
            no_rebound_before_s: number;
            /**
             * No Rebound After S
             * @default 0
             */
            no_rebound_after_s: number;
            /** Reserve Down W */
            reserve_down_w?: number | null;
            /** Reserve Up W */
            reserve_up_w?: number | null;
            /**
             * Reserve S
             * @default 0
             */
            reserve_s: number;
        };
        /**
         * SignedCertificate
         * @description A signing request of the station, and what became of it.
         */
        SignedCertificate: {
            /**
             * Certificate Id
             * Format: uuid
             */
            certificate_id: string;
            /** Certificate Type */
            certificate_type: string;
            /**
             * Requested At
             * Format: date-time
             */
            requested_at: string;
            /**
             * Status
             * @description requested, refused, issued, accepted, rejected or revoked
             */
            status: string;
            /** Reason */
            reason: string | null;
            /** Serial Number */
            serial_number: string | null;
            /** Not After */
            not_after: string | null;
            /**
             * Status At
             * Format: date-time
             */
            status_at: string;
        };
        /**
         * Site
         * @description A site as its file says. `now` is site time, which runs `speed_ratio` times as fast.
         */
        Site: {
            /** Site Id */
            site_id: string;
            /** Name */
            name: string;
            /** Time Zone */
            time_zone: string;
            /** Import Limit W */
            import_limit_w: number;
            /** Export Limit W */
            export_limit_w: number;
            /** Margin W */
            margin_w: number;
            /** Circuits */
            circuits: components["schemas"]["SiteCircuit"][];
            /** Solar Capacity W */
            solar_capacity_w: number;
            /** Wind Capacity W */
            wind_capacity_w: number;
            store: components["schemas"]["SiteStore"] | null;
            /** Evse Count */
            evse_count: number;
            /**
             * Now
             * Format: date-time
             */
            now: string;
            /** Speed Ratio */
            speed_ratio: number;
        };
        /**
         * SiteCircuit
         * @description A node of the tree of feeders; without a parent it hangs on the grid connection.
         */
        SiteCircuit: {
            /** Circuit Id */
            circuit_id: string;
            /** Parent Id */
            parent_id: string | null;
            /** Limit W */
            limit_w: number;
        };
        /**
         * SitePower
         * @description The site's newest reading and what the controller holds it to. `age_s` is site time.
         */
        SitePower: {
            /** At */
            at: string | null;
            /** Age S */
            age_s: number | null;
            /**
             * Quality
             * @description measured, estimated or stale
             */
            quality: string | null;
            /**
             * Grid W
             * @description + is import
             */
            grid_w: number | null;
            /** Load W */
            load_w: number | null;
            /**
             * Solar W
             * @description generation, a magnitude
             */
            solar_w: number | null;
            /**
             * Wind W
             * @description generation, a magnitude
             */
            wind_w: number | null;
            /**
             * Store W
             * @description + is charging
             */
            store_w: number | null;
            /** Store Soc Pct */
            store_soc_pct: number | null;
            /** Fleet Charge W */
            fleet_charge_w: number | null;
            /**
             * Fleet Discharge W
             * @description a magnitude
             */
            fleet_discharge_w: number | null;
            /** Import Bound W */
            import_bound_w: number;
            /** Export Bound W */
            export_bound_w: number;
            /** Target Grid W */
            target_grid_w: number | null;
            /** Mode */
            mode: string | null;
            /** Circuits */
            circuits: components["schemas"]["CircuitPower"][];
            /** Explanation */
            explanation: components["schemas"]["Explanation"][];
        };
        /**
         * SiteStore
         * @description The stationary battery.
         */
        SiteStore: {
            /** Store Id */
            store_id: string;
            /** Capacity Wh */
            capacity_wh: number;
            /** Max Charge W */
            max_charge_w: number;
            /** Max Discharge W */
            max_discharge_w: number;
        };
        /**
         * Station
         * @description A charging station. `discharge_dialect` says how it is told to discharge, if at all.
         */
        Station: {
            /** Station Id */
            station_id: string;
            /** Site Id */
            site_id: string | null;
            /** Circuit Id */
            circuit_id: string | null;
            /** Vendor */
            vendor: string | null;
            /** Model */
            model: string | null;
            /** Firmware Version */
            firmware_version: string | null;
            /** Serial Number */
            serial_number: string | null;
            /** Ocpp Version */
            ocpp_version: string | null;
            /** Connected */
            connected: boolean;
            /** Registration Status */
            registration_status: string | null;
            /** Boot Policy */
            boot_policy: string;
            /** Provisioned */
            provisioned: boolean;
            /** Last Seen At */
            last_seen_at: string | null;
            /** Connected At */
            connected_at: string | null;
            /** Booted At */
            booted_at: string | null;
            /** Discharge Dialect */
            discharge_dialect: string;
            /** Discharge Proven At */
            discharge_proven_at: string | null;
            /** Discharge Fault */
            discharge_fault: string | null;
            /** Floor W */
            floor_w: number;
            /** Evses */
            evses: components["schemas"]["Evse"][];
        };
        /**
         * StationDischarge
         * @description `dialect` holds; `set_by_operator` is what an operator chose, or null. `listed` are the
         *     dialects that the allow-list has for the model; `announced` says whether its device model tells
         *     of V2X.
         */
        StationDischarge: {
            dialect: components["schemas"]["DischargeDialect"];
            set_by_operator: components["schemas"]["DischargeDialect"] | null;
            /** Listed */
            listed: components["schemas"]["DischargeDialect"][];
            /** Announced */
            announced: boolean;
            /** Proven At */
            proven_at: string | null;
            /** Fault */
            fault: string | null;
        };
        /**
         * StationEvent
         * @description What a monitor told. `severity` 0 is danger, 9 debugging, null not known.
         */
        StationEvent: {
            /** Component */
            component: string;
            /** Component Instance */
            component_instance: string;
            /** Evse Id */
            evse_id: number;
            /** Connector Id */
            connector_id: number;
            /** Variable */
            variable: string;
            /** Variable Instance */
            variable_instance: string;
            /** Event Id */
            event_id: number;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            /** Trigger */
            trigger: string;
            /** Notification Type */
            notification_type: string;
            /** Actual Value */
            actual_value: string;
            /** Cleared */
            cleared: boolean;
            /** Severity */
            severity: number | null;
            /** Cause Event Id */
            cause_event_id: number | null;
            /** Monitor Id */
            monitor_id: number | null;
            /** Tech Code */
            tech_code: string | null;
            /** Tech Info */
            tech_info: string | null;
            /** Transaction Id */
            transaction_id: string | null;
        };
        /**
         * StationSecurity
         * @description `security_profile`: 1 password, 2 password in TLS, 3 client certificate; it never falls but
         *     by an administrator's word.
         */
        StationSecurity: {
            /** Station Id */
            station_id: string;
            /** Security Profile */
            security_profile: number;
            /** Common Names */
            common_names: string[];
            /** Signed */
            signed: components["schemas"]["SignedCertificate"][];
            /** Installed */
            installed: components["schemas"]["InstalledCertificate"][];
        };
        /**
         * Step
         * @description From `at` on; `limit_w` null: nothing limits.
         */
        Step: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Limit W */
            limit_w: number | null;
        };
        /**
         * TariffAnswer
         * @description A tariff and who comes under it.
         * @example {
         *       "currency": "GBP",
         *       "default": true,
         *       "energy": [
         *         {
         *           "from_time": "00:30:00",
         *           "price": "0.12",
         *           "to_time": "05:30:00"
         *         },
         *         {
         *           "price": "0.38"
         *         }
         *       ],
         *       "idle_time": [
         *         {
         *           "after_s": 900,
         *           "price": "6"
         *         }
         *       ],
         *       "time_zone": "Europe/London",
         *       "vat_pct": "20"
         *     }
         */
        TariffAnswer: {
            /** Currency */
            currency: string;
            /**
             * Time Zone
             * @default UTC
             */
            time_zone: string;
            /**
             * Energy
             * @default []
             */
            energy: components["schemas"]["PriceModel"][];
            /**
             * Export
             * @default []
             */
            export: components["schemas"]["PriceModel"][];
            /**
             * Charging Time
             * @default []
             */
            charging_time: components["schemas"]["PriceModel"][];
            /**
             * Idle Time
             * @default []
             */
            idle_time: components["schemas"]["PriceModel"][];
            /**
             * Fixed
             * @default []
             */
            fixed: components["schemas"]["PriceModel"][];
            /**
             * Vat Pct
             * @default 0
             */
            vat_pct: number | string;
            /** Min Cost */
            min_cost?: string | null;
            /** Max Cost */
            max_cost?: string | null;
            /** Running Cost S */
            running_cost_s?: number | null;
            /** Description */
            description?: string | null;
            /**
             * Default
             * @default false
             */
            default: boolean;
            /**
             * Stations
             * @default []
             */
            stations: string[];
            /**
             * Evses
             * @default []
             */
            evses: string[];
            /**
             * Tokens
             * @default []
             */
            tokens: string[];
            /** Tariff Id */
            tariff_id: string;
            /** Version */
            version: number;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * TariffPut
         * @description `energy` and `export` (what the driver earns) are per kWh, `charging_time` and `idle_time`
         *     per hour, `fixed` once. A token's tariff goes before an EVSE's (`station/evse`), a station's
         *     and the default.
         * @example {
         *       "currency": "GBP",
         *       "default": true,
         *       "energy": [
         *         {
         *           "from_time": "00:30:00",
         *           "price": "0.12",
         *           "to_time": "05:30:00"
         *         },
         *         {
         *           "price": "0.38"
         *         }
         *       ],
         *       "idle_time": [
         *         {
         *           "after_s": 900,
         *           "price": "6"
         *         }
         *       ],
         *       "time_zone": "Europe/London",
         *       "vat_pct": "20"
         *     }
         */
        TariffPut: {
            /** Currency */
            currency: string;
            /**
             * Time Zone
             * @default UTC
             */
            time_zone: string;
            /**
             * Energy
             * @default []
             */
            energy: components["schemas"]["PriceModel"][];
            /**
             * Export
             * @default []
             */
            export: components["schemas"]["PriceModel"][];
            /**
             * Charging Time
             * @default []
             */
            charging_time: components["schemas"]["PriceModel"][];
            /**
             * Idle Time
             * @default []
             */
            idle_time: components["schemas"]["PriceModel"][];
            /**
             * Fixed
             * @default []
             */
            fixed: components["schemas"]["PriceModel"][];
            /**
             * Vat Pct
             * @default 0
             */
            vat_pct: number | string;
            /** Min Cost */
            min_cost?: string | null;
            /** Max Cost */
            max_cost?: string | null;
            /** Running Cost S */
            running_cost_s?: number | null;
            /** Description */
            description?: string | null;
            /**
             * Default
             * @default false
             */
            default: boolean;
            /**
             * Stations
             * @default []
             */
            stations: string[];
            /**
             * Evses
             * @default []
             */
            evses: string[];
            /**
             * Tokens
             * @default []
             */
            tokens: string[];
        };
        /**
         * Transaction
         * @description A transaction as all its events tell it; open while `ended_at` is null.
         */
        Transaction: {
            /** Station Id */
            station_id: string;
            /** Transaction Id */
            transaction_id: string;
            /** Evse Id */
            evse_id: number | null;
            /** Connector Id */
            connector_id: number | null;
            /** Id Token */
            id_token: string | null;
            /** Vehicle Id */
            vehicle_id: string | null;
            /**
             * Started At
             * Format: date-time
             */
            started_at: string;
            /** Ended At */
            ended_at: string | null;
            /**
             * Last Event At
             * Format: date-time
             */
            last_event_at: string;
            /** Imported Wh */
            imported_wh: number;
            /** Exported Wh */
            exported_wh: number;
            /** Charging State */
            charging_state: string | null;
            /** Stopped Reason */
            stopped_reason: string | null;
            /** Event Count */
            event_count: number;
            /**
             * Cost
             * @description with tax, so far; null: it is under no tariff
             */
            cost: string | null;
            /** Currency */
            currency: string | null;
            /** Tariff Id */
            tariff_id: string | null;
            /** Flags */
            flags: string[];
        };
        /**
         * Variable
         * @description One attribute of the device model. `told_by` is the OCPP action that told it last;
         *     `characteristics` is OCPP's VariableCharacteristicsType, null until a report told it.
         */
        Variable: {
            /** Component */
            component: string;
            /** Component Instance */
            component_instance: string;
            /** Evse Id */
            evse_id: number;
            /** Connector Id */
            connector_id: number;
            /** Variable */
            variable: string;
            /** Variable Instance */
            variable_instance: string;
            /** Attribute */
            attribute: string;
            /** Value */
            value: string | null;
            /** Mutability */
            mutability: string | null;
            /** Persistent */
            persistent: boolean | null;
            /** Constant */
            constant: boolean | null;
            /** Told By */
            told_by: string;
            /**
             * Reported At
             * Format: date-time
             */
            reported_at: string;
            /** Characteristics */
            characteristics: unknown;
        };
        /**
         * VehicleAnswer
         * @description A vehicle. While it is plugged in `departure_at` is the one that is planned for.
         */
        VehicleAnswer: {
            /** Vehicle Id */
            vehicle_id: string;
            /** Site Id */
            site_id: string;
            /** Name */
            name: string | null;
            /** Id Token */
            id_token: string;
            /** Capacity Wh */
            capacity_wh: number | null;
            /** Max Charge W */
            max_charge_w: number | null;
            /** Max Discharge W */
            max_discharge_w: number | null;
            /** V2G Allowed */
            v2g_allowed: boolean;
            /** V2G Floor Soc Pct */
            v2g_floor_soc_pct: number | null;
            /**
             * V2G Paused Until
             * @description nothing is taken from it before
             */
            v2g_paused_until: string | null;
            /**
             * Boost
             * @description it charges at full power now, as its driver asked
             */
            boost: boolean;
            /** Boost Until */
            boost_until: string | null;
            /** Soc Pct */
            soc_pct: number | null;
            /** Departure At */
            departure_at: string | null;
            /** Target Soc Pct */
            target_soc_pct: number | null;
            /** Requested Wh */
            requested_wh: number | null;
            /** Demand Source */
            demand_source: string | null;
            plugged_in: components["schemas"]["PluggedIn"] | null;
            ready: components["schemas"]["Ready"] | null;
            /**
             * Ready At
             * @description when it reaches its target by plan
             */
            ready_at: string | null;
            /** Shortfall Wh */
            shortfall_wh: number | null;
            /** @description the cheapest change that would have it ready */
            fix: components["schemas"]["Fix"] | null;
            /** Version */
            version: number;
        };
        /**
         * VehicleChange
         * @description The fields to change; a field that is not sent stays, null forgets it.
         *
         *     `boost` true: charge at once at full power, as far as limits allow, until the target is reached
         *     (or `boost_until`); it is of this visit. `v2g_paused` true: nothing is taken from it until the
         *     site's local day is over (or `v2g_paused_until`). False takes it back.
         * @example {
         *       "departure_at": "2026-06-01T15:30:00Z",
         *       "target_soc_pct": 90
         *     }
         */
        VehicleChange: {
            /**
             * Site Id
             * @default
             */
            site_id: string;
            /**
             * Id Token
             * @default
             */
            id_token: string;
            /** Name */
            name?: string | null;
            /** Capacity Wh */
            capacity_wh?: number | null;
            /** Max Charge W */
            max_charge_w?: number | null;
            /** Max Discharge W */
            max_discharge_w?: number | null;
            /**
             * V2G Allowed
             * @default true
             */
            v2g_allowed: boolean;
            /** V2G Floor Soc Pct */
            v2g_floor_soc_pct?: number | null;
            /**
             * V2G Paused
             * @default false
             */
            v2g_paused: boolean;
            /** V2G Paused Until */
            v2g_paused_until?: string | null;
            /**
             * Boost
             * @default false
             */
            boost: boolean;
            /** Boost Until */
            boost_until?: string | null;
            /** Departure At */
            departure_at?: string | null;
            /** Target Soc Pct */
            target_soc_pct?: number | null;
            /** Requested Wh */
            requested_wh?: number | null;
        };
        /**
         * VehicleOtherwise
         * @description What a plugged-in vehicle would want instead; what is not said stays as it is.
         */
        VehicleOtherwise: {
            /** Vehicle Id */
            vehicle_id: string;
            /** Departure At */
            departure_at?: string | null;
            /** Target Soc Pct */
            target_soc_pct?: number | null;
            /** Priority */
            priority?: number | null;
            /** Boost */
            boost?: boolean | null;
        };
        /**
         * VehiclePut
         * @description A vehicle as its owner tells it. `requested_wh` counts from plug-in and is used where the
         *     state of charge is not known; `target_soc_pct` where it is.
         * @example {
         *       "capacity_wh": 60000,
         *       "departure_at": "2026-06-01T17:00:00Z",
         *       "id_token": "VAN-07",
         *       "name": "Van 7",
         *       "site_id": "ev36zero",
         *       "target_soc_pct": 80
         *     }
         */
        VehiclePut: {
            /** Site Id */
            site_id: string;
            /** Id Token */
            id_token: string;
            /** Name */
            name?: string | null;
            /** Capacity Wh */
            capacity_wh?: number | null;
            /** Max Charge W */
            max_charge_w?: number | null;
            /** Max Discharge W */
            max_discharge_w?: number | null;
            /**
             * V2G Allowed
             * @default true
             */
            v2g_allowed: boolean;
            /** V2G Floor Soc Pct */
            v2g_floor_soc_pct?: number | null;
            /** V2G Paused Until */
            v2g_paused_until?: string | null;
            /** Departure At */
            departure_at?: string | null;
            /** Target Soc Pct */
            target_soc_pct?: number | null;
            /** Requested Wh */
            requested_wh?: number | null;
            demand_source?: components["schemas"]["DemandSource"] | null;
        };
        /**
         * WeatherForetold
         * @description What is foretold for the site by the newest issue that still tells of what comes.
         */
        WeatherForetold: {
            /**
             * Issued At
             * Format: date-time
             */
            issued_at: string;
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Step S */
            step_s: number;
            /** Ghi W Per M2 */
            ghi_w_per_m2: number[];
            /** Wind M Per S */
            wind_m_per_s: number[];
            /** Wind Height M */
            wind_height_m: number;
        };
        /**
         * WeatherPut
         * @description Means over steps of `step_s` from `starts_at`; sunlight, wind or both. The same `issued_at`
         *     again replaces what it said.
         * @example {
         *       "ghi_w_per_m2": [
         *         210,
         *         340,
         *         460
         *       ],
         *       "issued_at": "2026-06-01T06:00:00Z",
         *       "starts_at": "2026-06-01T06:00:00Z",
         *       "step_s": 3600,
         *       "wind_height_m": 100,
         *       "wind_m_per_s": [
         *         7.1,
         *         7.4,
         *         8
         *       ]
         *     }
         */
        WeatherPut: {
            /**
             * Issued At
             * Format: date-time
             */
            issued_at: string;
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Step S */
            step_s: number;
            /**
             * Ghi W Per M2
             * @default []
             */
            ghi_w_per_m2: number[];
            /**
             * Wind M Per S
             * @default []
             */
            wind_m_per_s: number[];
            /**
             * Wind Height M
             * @default 100
             */
            wind_height_m: number;
        };
        /**
         * WhatIf
         * @description Both plans, and what the second would change. `newly_short`: vehicles that would miss what
         *     they have now; `no_longer_short`: the other way round.
         */
        WhatIf: {
            /**
             * Starts At
             * Format: date-time
             */
            starts_at: string;
            /** Slot S */
            slot_s: number;
            /** Slots */
            slots: number;
            as_it_is: components["schemas"]["Outcome"];
            otherwise: components["schemas"]["Outcome"];
            /**
             * Cost Gbp
             * @description What the change would cost more; negative: save
             */
            cost_gbp: number;
            /**
             * Shortfall Wh
             * @description How much more would be missing at departures
             */
            shortfall_wh: number;
            /** Newly Short */
            newly_short: string[];
            /** No Longer Short */
            no_longer_short: string[];
        };
        /**
         * WhatIfPost
         * @description What would be otherwise. `signals` would be live as well, `without_signals` of those that are
         *     live would not; limits are the connection's and the circuits', before margins.
         * @example {
         *       "circuit_limit_w": {
         *         "fleet": 150000
         *       },
         *       "vehicles": [
         *         {
         *           "departure_at": "2026-06-01T15:00:00Z",
         *           "vehicle_id": "van-7"
         *         }
         *       ]
         *     }
         */
        WhatIfPost: {
            /**
             * Vehicles
             * @default []
             */
            vehicles: components["schemas"]["VehicleOtherwise"][];
            /**
             * Signals
             * @default []
             */
            signals: components["schemas"]["SignalPost"][];
            /**
             * Without Signals
             * @default []
             */
            without_signals: string[];
            /** Import Limit W */
            import_limit_w?: number | null;
            /** Export Limit W */
            export_limit_w?: number | null;
            /**
             * Circuit Limit W
             * @default {}
             */
            circuit_limit_w: {
                [key: string]: number;
            };
        };
        /**
         * Why
         * @description Why an EVSE's setpoint is what it is, and until when that holds. What a kWh costs and what
         *     else could be done is known where the plan is followed.
         */
        Why: {
            /**
             * Code
             * @example circuit_limit
             */
            code: string;
            /**
             * Detail
             * @example fleet
             */
            detail: string;
            /** Until */
            until: string | null;
            /** Cost Gbp Per Kwh */
            cost_gbp_per_kwh: number | null;
            runner_up: components["schemas"]["RunnerUp"] | null;
        };
        /**
         * Decision
         * @description What a person does about a payment: has the provider asked (again), or takes nothing.
         * @enum {string}
         */
        csms__domain__settling__Decision: "settle" | "write_off";
        /**
         * Decision
         * @description What a bound or a rule of `[dispatch]` moved away from what plan, surplus or instruction
         *     wanted: the furthest, and how many EVSEs at once; `ended_at` null: it goes on.
         */
        web__api__sites__Decision: {
            /**
             * Began At
             * Format: date-time
             */
            began_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Rule */
            rule: string;
            /** Actuator */
            actuator: string;
            /** Most W */
            most_w: number;
            /** Evses */
            evses: number;
        };
        /**
         * FieldError
         * @description What is wrong with one field of the request; `field` is its path, dots between.
         */
        FieldError: {
            /** Field */
            field: string;
            /** Message */
            message: string;
        };
        /**
         * Problem
         * @description RFC 9457 problem details.
         * @example {
         *       "detail": "There is no station hub-99.",
         *       "status": 404,
         *       "title": "Not found",
         *       "type": "urn:v2ghub:problem:not-found"
         *     }
         */
        Problem: {
            /**
             * Type
             * @description urn:v2ghub:problem:<name>; stable, to be switched on
             */
            type: string;
            /** Title */
            title: string;
            /** Status */
            status: number;
            /**
             * Detail
             * @description What happened and what to do
             */
            detail: string;
            /**
             * Instance
             * @default null
             */
            instance: string | null;
            /**
             * Errors
             * @default null
             */
            errors: components["schemas"]["FieldError"][] | null;
        };
        /**
         * StreamMessage
         * @description Data of the events `snapshot` (all EVSEs) and `tick` (those that changed) of `/stream`.
         */
        StreamMessage: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Sites */
            sites: {
                [key: string]: components["schemas"]["SitePower"];
            };
            /** Evses */
            evses: components["schemas"]["Evse"][];
            /** Alarms */
            alarms: components["schemas"]["Alarm"][];
            /** Signals */
            signals: components["schemas"]["Signal"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
