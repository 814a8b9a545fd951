//! What a simulated BMC does wrong, each by a name: those of the table of quirks where the
//! behaviour is one that was met in the field.

use std::{collections::BTreeMap, str::FromStr};

macro_rules! knobs {
    ($($name:ident $id:literal $value:literal $zh:literal $en:literal;)*) => {
        /// A fault, or a way of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the table says what each is")]
        pub enum Knob { $($name,)* }

        /// Every knob: its name, the value it has when none is given, and what it does, in
        /// Chinese and in English.
        pub const ALL: &[(Knob, &str, u32, &str, &str)] =
            &[$((Knob::$name, $id, $value, $zh, $en),)*];
    };
}

knobs! {
    Latency "latency" 100 "每次应答推迟（毫秒）" "every answer is late by so many ms";
    SlowFirstByte "slow-first-byte" 3000 "读取的首字节推迟（毫秒）" "the first byte of what is read is late by so many ms";
    Busy503 "busy-503" 3 "前若干次请求答 503 与 Retry-After" "so many requests are answered 503 with Retry-After first";
    Busy429 "busy-429" 3 "前若干次请求答 429 与 Retry-After" "so many requests are answered 429 with Retry-After first";
    Drop "drop" 3 "每若干次请求断开一次连接" "the connection breaks at every so-manieth request";
    HungBmc "hung-bmc" 1 "接受连接后不作任何应答" "connections are taken and nothing is said";
    ConnClose "conn-close" 1 "每次应答后关闭连接" "the connection is closed after each answer";
    TlsOld "tls-old" 1 "只说 TLS 1.0" "TLS 1.0 alone is spoken";
    TlsWeak "tls-weak" 1 "也说 TLS 1.0 与 1.1" "TLS 1.0 and 1.1 are spoken too";
    TlsExpired "tls-expired" 1 "证书已过期" "the certificate has expired";
    TruncatedJson "truncated-json" 2 "每若干次读取的 JSON 缺后半" "the JSON of every so-manieth GET lacks its second half";
    CutBody "cut-body" 2 "每若干次读取在正文中途断开连接" "the connection breaks within the body of every so-manieth GET";
    Html "html" 1 "读取得到 HTML 页面" "a page of HTML is read";
    EtagRequired "etag-required" 428 "PATCH 缺少 If-Match 时以此状态拒绝" "a PATCH without If-Match is refused with this status";
    EtagWeak "etag-weak" 1 "ETag 为弱标签，且弱标签不被接受" "the ETag is weak, and a weak one is refused";
    EtagGzip "etag-gzip" 1 "ETag 带 -gzip 后缀，除非要求不压缩" "the ETag ends with -gzip unless no encoding is asked for";
    EtagQuotes "etag-quotes" 1 "ETag 的引号成双" "the quotes of the ETag are doubled";
    EtagTwice "etag-twice" 1 "ETag 头出现两次" "the ETag header comes twice";
    EtagStale "etag-stale" 1 "ETag 头是旧的，正文中的是对的" "the ETag header is an old one, that of the body is right";
    EtagNone "etag-none" 1 "没有 ETag" "there is no ETag";
    Etag412Retry "etag-412-retry" 1 "每个资源的首次 PATCH 答 412" "the first PATCH of each resource is answered 412";
    BootNotKept "boot-not-kept" 1 "启动项的 PATCH 答 200 而不保存" "a boot override is answered 200 and not kept";
    BootNoMode "boot-no-mode" 1 "拒绝 BootSourceOverrideMode" "BootSourceOverrideMode is refused";
    BootAllThree "boot-all-three" 1 "启动项须三个属性同时给出" "a boot override wants all three properties";
    BootPair "boot-pair" 1 "Target 与 Enabled 须同时给出" "Target and Enabled come together";
    BootNoNone "boot-no-none" 1 "拒绝 Target 为 None" "the target None is refused";
    BootSettings "boot-settings" 1 "启动项只能经设置对象修改" "boot overrides are changed at a settings object only";
    BootContinuous "boot-continuous" 1 "Once 读回为 Continuous" "Once reads back as Continuous";
    BootOnceOnly "boot-once-only" 1 "拒绝 Continuous" "Continuous is refused";
    BootBiosOnce "boot-bios-once" 1 "BiosSetup 只能 Once" "BiosSetup goes with Once only";
    BootPxeOff "boot-pxe-off" 1 "UEFI 网络启动已关闭：Pxe 答成功而不保存" "UEFI network boot is off: Pxe is answered and not kept";
    MediaProtocol "media-protocol" 1 "须给出 TransferProtocolType" "TransferProtocolType is demanded";
    MediaCreds "media-creds" 1 "须给出 UserName 与 Password" "UserName and Password are demanded";
    MediaMethod "media-method" 1 "须给出 TransferMethod" "TransferMethod is demanded";
    MediaNoInserted "media-no-inserted" 1 "拒绝 Inserted 与 WriteProtected" "Inserted and WriteProtected are refused";
    MediaPatch "media-patch" 1 "介质经 PATCH 插入" "media are inserted by PATCH";
    MediaVmm "media-vmm" 1 "介质经 VmmControl 插入，为任务" "media are inserted by VmmControl, as a task";
    MediaVmmHidden "media-vmm-hidden" 1 "VmmControl 未列出，但可用" "VmmControl is not advertised, and works";
    MediaVmmFails "media-vmm-fails" 2 "前若干次 Connect 失败" "so many Connects fail first";
    MediaRmedia "media-rmedia" 1 "远程介质未启用（AMI）：启用前拒绝插入" "remote media are off (AMI), and inserts refused till they are on";
    MediaTwoTrees "media-two-trees" 1 "Managers 与 Systems 下都有槽位，仅后者可用" "slots are under Managers and Systems, and the latter work";
    MediaSystem "media-system" 1 "槽位只在 Systems 下" "slots are under Systems alone";
    MediaSlotRefused "media-slot-refused" 1 "首个槽位拒绝插入" "the first slot refuses";
    MediaImageBare "media-image-bare" 1 "读回的映像地址不带协议" "the image is shown without its scheme";
    MediaNfsOnly "media-nfs-only" 1 "列明只取 nfs，拒绝其他协议" "nfs alone is listed, and all else refused";
    MediaHttpsOnly "media-https-only" 1 "列明只取 https，拒绝其他协议，并核对证书" "https alone is listed and all else refused, and certificates are verified";
    MediaTask "media-task" 1 "InsertMedia 为任务" "InsertMedia is a task";
    EjectEmptyBody "eject-empty-body" 1 "EjectMedia 须带正文 {}" "EjectMedia wants the body {}";
    Eject500 "eject-500" 1 "弹出成功而答 500" "media are ejected and 500 is said";
    Insert500 "insert-500" 1 "弹出后 3 秒内插入答 500" "an insert within 3 s of an eject is answered 500";
    SessionFull "session-full" 1 "会话已满" "no session is left";
    SessionLimit "session-limit" 16 "最多多少个会话" "so many sessions are had at most";
    SessionTokenInBody "session-token-in-body" 1 "令牌在正文中，没有 Location" "the token is in the body, and there is no Location";
    SessionDomain "session-domain" 1 "登录须带 Domain" "a login wants the Domain";
    SessionLost "session-lost" 20 "令牌在若干次请求后失效" "a token is forgotten after so many requests";
    NoSessions "no-sessions" 1 "没有会话服务" "there is no session service";
    PasswordChange "password-change" 1 "须先修改密码" "the password is to be changed first";
    Factory "factory" 1 "出厂状态：公开的出厂用户与口令，须先修改口令" "the factory state: the make's well-known credential, and a password that is to be changed first";
    Lockout "lockout" 5 "多少次密码错误后锁定" "an account is locked after so many wrong passwords";
    TypeNumberText "type-number-text" 1 "数值写成文本" "numbers are written as text";
    TypeNa "type-na" 1 "数值写成 N/A" "numbers are written as N/A";
    TypeListObject "type-list-object" 1 "列表写成对象" "lists are written as objects";
    RootNoLinks "root-no-links" 1 "根资源没有 Links" "the root has no Links";
    ExpandBroken "expand-broken" 1 "$expand 少给成员" "$expand loses a member";
    TaskNoLocation "task-no-location" 1 "202 没有 Location" "202 has no Location";
    TaskIdOnly "task-id-only" 1 "202 的正文只有 Id" "202 names its task by Id alone";
    Task200Success "task-200-success" 1 "任务答 200 与 Base.Success" "a task is answered 200 with Base.Success";
    TaskStateUnknown "task-state-unknown" 1 "任务状态为自有的词" "the states of tasks are words of its own";
    TaskStateNumber "task-state-number" 1 "更新任务的状态写成数字" "the states of tasks of firmware are numbers";
    TaskMessagesObject "task-messages-object" 1 "任务的 Messages 为对象" "Messages of tasks are objects";
    TaskPercentText "task-percent-text" 1 "任务进度为文本" "the progress of tasks is text";
    TaskGone "task-gone" 1 "任务完成后即消失" "a task is gone when it is done";
    TaskFails "task-fails" 1 "任务失败" "tasks fail";
    TaskTime "task-time" 2000 "任务用时（毫秒）" "a task takes so many ms";
    PowerTime "power-time" 1000 "上下电用时（毫秒）" "power takes so many ms";
    PowerIgnored "power-ignored" 1 "电源操作答成功而不执行" "power actions are answered and not done";
    PowerFruOnly "power-fru-only" 1 "没有 ComputerSystem.Reset，只有厂商的 FruControl" "there is no ComputerSystem.Reset, and the maker's FruControl at most";
    SoftIgnored "soft-ignored" 1 "系统不理会正常关机" "the host's system ignores a soft shutdown";
    Action200 "action-200" 1 "操作成功答 200 与 Base.Success" "actions are answered 200 with Base.Success";
    DumpCut "dump-cut" 1 "日志包下载到一半断开" "the download of a bundle of logs breaks off half way";
    NoSse "no-sse" 1 "没有事件流 (SSE)" "there is no stream of events (SSE)";
    LogLinks "log-links" 1 "日志集合只有链接" "collections of log entries are of links";
    Page "page" 50 "集合每页的成员数" "so many members make a page";
    PasswordNotKept "password-not-kept" 1 "新密码答成功而不保存" "a new password is answered and not kept";
    BiosNoSettings "bios-no-settings" 1 "BIOS 不写明设置对象" "the BIOS does not tell where its settings are sent";
    BiosNotKept "bios-not-kept" 1 "BIOS 设置答成功而不保存" "settings of the BIOS are answered and not kept";
    BiosDelete "bios-delete" 1 "待生效的 BIOS 设置以 DELETE 撤销" "settings of the BIOS that wait are withdrawn by DELETE";
    BiosNotRevoked "bios-not-revoked" 1 "撤销 BIOS 设置答成功而不撤销" "settings of the BIOS are answered to be withdrawn and wait on";
    CertAfterRestart "cert-after-restart" 1 "新证书在 BMC 重启后才使用" "a new certificate is shown when the BMC has restarted";
    CertNotKept "cert-not-kept" 1 "新证书答成功而不使用" "a new certificate is answered and never shown";
    TimeZoneName "time-zone-name" 1 "时钟不带时区，时区写成 Asia/Shanghai" "the clock has no offset, and its zone is Asia/Shanghai";
    TimeNotKept "time-not-kept" 1 "时钟答成功而不改变" "the clock is answered and not set";
    NicNotKept "nic-not-kept" 1 "BMC 的地址答成功而不改变" "a new address of the BMC is answered and not taken";
    NicShared "nic-shared" 1 "管理口与主机共用" "the BMC's port is the host's too";
    OpenServices "open-services" 1 "Telnet、SSH、HTTP、SNMP v1 与 v2c 开着" "Telnet, SSH, HTTP and SNMP v1 and v2c are open";
    UsersSlots "users-slots" 16 "用户为固定槽位" "users have so many slots";
    VolumeOem "volume-oem" 1 "建卷用华为格式" "volumes are made in Huawei's form";
    VolumeGroup "volume-group" 1 "建卷用新华三格式" "volumes are made in H3C's form";
    UpdateBusy "update-busy" 2 "前若干次更新答 503 与 Retry-After" "so many updates are answered 503 with Retry-After first";
    UpdateIgnored "update-ignored" 1 "更新称已完成而版本不变" "an update ends well and the version is the one of before";
    UpdateRefused "update-refused" 1 "镜像不属于本机厂商" "the image is taken for another vendor's";
    UpdateCut "update-cut" 1 "前若干次上传在中途断开" "so many uploads break off half way first";
    UpdateRestart "update-restart" 1000 "更新中途 BMC 重启（毫秒）" "the BMC restarts within an update, for so many ms";
    UpdateUpload "update-upload" 1 "镜像按华为方式上传后再安装" "images are uploaded and then installed, as iBMC has it";
    UpdatePush "update-push" 1 "只有 HttpPushUri" "HttpPushUri is the only way";
    UpdateFetch "update-fetch" 1 "只能自行读取镜像" "images are only fetched";
    UpdateItem "update-item" 1 "须给出 Oem.Public.FlashItem" "Oem.Public.FlashItem is demanded";
    UpdateTargets "update-targets" 1 "须给出 Targets" "Targets are demanded";
    UpdateKeep "update-keep" 1 "须按该品牌的方式写明保留配置" "the make's own word for keeping the settings is demanded";
    UpdateNoProtocol "update-no-protocol" 1 "拒绝 TransferProtocol" "TransferProtocol is refused";
    UpdateCredsInUrl "update-creds-in-url" 1 "拒绝 Username，sftp 与 cifs 的用户名、密码须在 URL 中" "Username is refused, and sftp and cifs have user and password in the URL";
    VolumeOld "volume-old" 1 "建卷用旧的 VolumeType" "volumes are made by VolumeType";
    VolumeBeside "volume-beside" 1 "建卷时硬盘写在 Drives 中" "the drives of a new volume stand beside its level";
    VolumeLost "volume-lost" 1 "建卷答成功而不建" "a new volume is answered and not made";
    VolumeCc "volume-cc" 1 "建卷答 cc 0" "the answer to a new volume is cc 0";
    VolumeCcFails "volume-cc-fails" 7 "建卷答 200 与此 cc 而不建" "a new volume is answered 200 with this cc and not made";
    IpmiNo17 "ipmi-no-17" 1 "没有密码套件 17" "there is no cipher suite 17";
    IpmiSuite0 "ipmi-suite-0" 1 "提供密码套件 0" "cipher suite 0 is offered";
    IpmiAnonymous "ipmi-anonymous" 1 "称有匿名登录与无名用户" "anonymous login and a user without a name are told";
    IpmiCipherShort "ipmi-cipher-short" 1 "套件 17 的应答过短" "suite 17 is answered too short";
    IpmiSessionsFull "ipmi-sessions-full" 1 "IPMI 会话已满" "no IPMI session is left";
    IpmiSessionLimit "ipmi-session-limit" 16 "IPMI 最多多少个会话" "so many IPMI sessions are had at most";
    IpmiPrivRefused "ipmi-priv-refused" 1 "拒绝管理员权限" "the privilege of administrators is refused";
    IpmiRakp2 "ipmi-rakp2" 1 "RAKP 1 之后无应答" "nothing is said after RAKP 1";
    IpmiPass16 "ipmi-pass-16" 1 "密码只取 16 字节" "16 bytes of a password count";
    IpmiSolOff "ipmi-sol-off" 1 "未启用串口重定向（SOL）" "serial over LAN is turned off";
    IpmiBootLies "ipmi-boot-lies" 1 "启动项答成功而不保存" "boot options are answered and not kept";
    IpmiLoss "ipmi-loss" 5 "丢失百分之几的报文" "so many percent of the datagrams are lost";
    IpmiLate "ipmi-late" 10 "每若干个应答推迟两秒" "every so-manieth answer is 2 s late";
    IpmiTwice "ipmi-twice" 3 "每若干个应答发两次" "every so-manieth answer comes twice";
}

/// Why a text is no knob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum KnobError {
    /// There is none of that name.
    #[error("there is no fault `{name}`")]
    Unknown { name: String },
    /// Its value is no number.
    #[error("the value of `{name}` is a number, and `{value}` is none")]
    Value { name: String, value: String },
}

impl KnobError {
    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Unknown { .. } => {
                ("用 --list-faults 列出全部故障", "--list-faults lists every fault")
            }
            Self::Value { .. } => ("写成 名称=数值", "write it as NAME=NUMBER"),
        }
    }
}

/// The knobs of a host that are turned, and how far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knobs(BTreeMap<Knob, u32>);

impl Knobs {
    /// Turns a knob.
    pub fn set(&mut self, knob: Knob, value: u32) {
        self.0.insert(knob, value);
    }

    /// Returns whether a knob is turned.
    pub fn has(&self, knob: Knob) -> bool {
        self.0.contains_key(&knob)
    }

    /// Returns how far a knob is turned, if it is.
    pub fn value(&self, knob: Knob) -> Option<u32> {
        self.0.get(&knob).copied()
    }

    /// Returns these knobs, and those of `other` over them.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(other.0.iter().map(|(knob, value)| (*knob, *value)));
        all
    }
}

impl FromStr for Knobs {
    type Err = KnobError;

    /// Reads `NAME` or `NAME=NUMBER`, several with commas between.
    fn from_str(text: &str) -> Result<Self, KnobError> {
        let mut knobs = Self::default();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, value) =
                word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            let Some((knob, _, usual, ..)) = ALL.iter().find(|(_, id, ..)| *id == name) else {
                return Err(KnobError::Unknown { name: name.to_owned() });
            };
            let number = value.map_or(Ok(*usual), |value| {
                value.parse().map_err(|_error| KnobError::Value {
                    name: name.to_owned(),
                    value: value.to_owned(),
                })
            });
            knobs.set(*knob, number?);
        }
        Ok(knobs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_are_read_by_their_names() {
        let knobs: Knobs = "etag-weak, latency=250,busy-503".parse().expect("knobs");
        assert_eq!(knobs.value(Knob::Latency), Some(250));
        assert_eq!(knobs.value(Knob::Busy503), Some(3));
        assert!(knobs.has(Knob::EtagWeak) && !knobs.has(Knob::EtagGzip));
        for (text, wrong) in [("etag", "no fault"), ("latency=x", "`x` is none")] {
            let error = text.parse::<Knobs>().expect_err("refused");
            assert!(error.to_string().contains(wrong), "{error}");
        }
        let mut ids: Vec<&str> = ALL.iter().map(|(_, id, ..)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len(), "a name stands twice");
    }
}
