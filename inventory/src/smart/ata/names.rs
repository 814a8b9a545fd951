//! Names of attributes where no drive database says otherwise.
//!
//! The standards name none; these are the spellings that smartctl uses for a
//! drive it does not know, so that inventories read alike.

/// Returns the usual name of attribute `id` of a solid-state or rotating drive.
pub fn attribute_name(id: u8, ssd: bool) -> &'static str {
    let own = if ssd { only_solid_state(id) } else { only_rotating(id) };
    match own.or_else(|| either(id)) {
        Some(name) => name,
        None if ssd && only_rotating(id).is_some() => "Unknown_SSD_Attribute",
        None if !ssd && only_solid_state(id).is_some() => "Unknown_HDD_Attribute",
        None => "Unknown_Attribute",
    }
}

fn either(id: u8) -> Option<&'static str> {
    Some(match id {
        1 => "Raw_Read_Error_Rate",
        2 => "Throughput_Performance",
        3 => "Spin_Up_Time",
        4 => "Start_Stop_Count",
        5 => "Reallocated_Sector_Ct",
        9 => "Power_On_Hours",
        12 => "Power_Cycle_Count",
        13 => "Read_Soft_Error_Rate",
        183 => "Runtime_Bad_Block",
        184 => "End-to-End_Error",
        187 => "Reported_Uncorrect",
        188 => "Command_Timeout",
        190 => "Airflow_Temperature_Cel",
        192 => "Power-Off_Retract_Count",
        194 => "Temperature_Celsius",
        195 => "Hardware_ECC_Recovered",
        196 => "Reallocated_Event_Count",
        197 => "Current_Pending_Sector",
        198 => "Offline_Uncorrectable",
        199 => "UDMA_CRC_Error_Count",
        203 => "Run_Out_Cancel",
        204 => "Soft_ECC_Correction",
        205 => "Thermal_Asperity_Rate",
        209 => "Offline_Seek_Performnce",
        225 => "Load_Cycle_Count",
        232 => "Available_Reservd_Space",
        241 => "Total_LBAs_Written",
        242 => "Total_LBAs_Read",
        250 => "Read_Error_Retry_Rate",
        _ => return None,
    })
}

fn only_rotating(id: u8) -> Option<&'static str> {
    Some(match id {
        6 => "Read_Channel_Margin",
        7 => "Seek_Error_Rate",
        8 => "Seek_Time_Performance",
        10 => "Spin_Retry_Count",
        11 => "Calibration_Retry_Count",
        22 => "Helium_Level",
        23 => "Helium_Condition_Lower",
        24 => "Helium_Condition_Upper",
        189 => "High_Fly_Writes",
        191 | 221 => "G-Sense_Error_Rate",
        193 => "Load_Cycle_Count",
        200 => "Multi_Zone_Error_Rate",
        201 => "Soft_Read_Error_Rate",
        202 => "Data_Address_Mark_Errs",
        206 => "Flying_Height",
        207 => "Spin_High_Current",
        208 => "Spin_Buzz",
        220 => "Disk_Shift",
        222 => "Loaded_Hours",
        223 => "Load_Retry_Count",
        224 => "Load_Friction",
        226 => "Load-in_Time",
        227 => "Torq-amp_Count",
        228 => "Power-off_Retract_Count",
        230 => "Head_Amplitude",
        231 => "Temperature_Celsius",
        240 => "Head_Flying_Hours",
        254 => "Free_Fall_Sensor",
        _ => return None,
    })
}

fn only_solid_state(id: u8) -> Option<&'static str> {
    Some(match id {
        175 => "Program_Fail_Count_Chip",
        176 => "Erase_Fail_Count_Chip",
        177 => "Wear_Leveling_Count",
        178 => "Used_Rsvd_Blk_Cnt_Chip",
        179 => "Used_Rsvd_Blk_Cnt_Tot",
        180 => "Unused_Rsvd_Blk_Cnt_Tot",
        181 => "Program_Fail_Cnt_Total",
        182 => "Erase_Fail_Count_Total",
        233 => "Media_Wearout_Indicator",
        _ => return None,
    })
}
