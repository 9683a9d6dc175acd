//! Units 单位, columns 栏目 and links 网站链接: who is responsible, and where things stand on the portal.
//!
//! Source: 衢政办发〔2008〕12号 三 (网站链接, 栏目共建); the class names follow 二.

use serde::{Deserialize, Serialize};

use super::ids::{ColumnId, UnitId};

/// What kind of body a unit is; rankings compare like with like.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitClass {
    /// 市政府办公室
    Office,
    /// 县(市、区)政府
    County,
    /// 市政府部门
    Department,
    /// 直属单位
    Direct,
}

/// A unit 单位 of the register.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its id, as in addresses.
    pub id: UnitId,
    /// Full name 全称.
    pub name: String,
    /// Short name 简称.
    pub short: String,
    /// Its class.
    pub class: UnitClass,
    /// Home page of its sub-site, where it has one.
    pub home: Option<String>,
    /// Other names under which pages call it (account names too).
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// Who keeps a column (栏目共建).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnMode {
    /// The centre keeps it from what is collected and submitted.
    Centre,
    /// One unit keeps it alone 全责.
    Unit,
    /// Several keep it together 共建.
    Joint,
    /// It leads to a column of a sub-site 栏目链接.
    Link,
}

/// A column 栏目 of the portal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its id, as in `/columns/{id}`.
    pub id: ColumnId,
    /// ColumnName of 国办发〔2017〕47号.
    pub name: String,
    /// ColumnDescription.
    pub description: String,
    /// ColumnKeywords, separated by commas.
    pub keywords: String,
    /// ColumnType: one of the words of 47号, such as 政策文件 or 工作动态.
    pub kind: String,
    /// Who keeps it.
    pub mode: ColumnMode,
    /// Order on the home page, smallest first.
    pub position: i64,
    /// Where it leads, for [`ColumnMode::Link`].
    pub target: Option<String>,
}

/// What a link leads to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// The home of a sub-site 主页链接.
    Home,
    /// A column of a sub-site 栏目链接.
    Column,
}

/// A public link of `/links`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it leads to.
    pub kind: LinkKind,
    /// The unit whose site it is.
    pub unit: UnitId,
    /// Its words.
    pub title: String,
    /// Its address, http or https.
    pub url: String,
}
