//! pain.002: what the bank says became of the payments that we ordered.

use super::xml::{Element, Step, Xml};
use super::{MAX_LINES, PaymentStatus, Unreadable};

/// The element of the message.
pub const MESSAGE: &str = "CstmrPmtStsRpt";

/// Reads the message, whose element was just opened.
pub fn read(xml: &mut Xml<'_>, statuses: &mut Vec<PaymentStatus>) -> Result<(), Unreadable> {
    let before = statuses.len();
    let (mut message, mut group) = (String::new(), None);
    loop {
        match xml.step()? {
            Step::Open(tag) => {
                let element = xml.element(tag)?;
                match element.name.as_str() {
                    "OrgnlGrpInfAndSts" => {
                        message = element.identifier(&["OrgnlMsgId"])?.unwrap_or_default();
                        group = said(&element, "GrpSts");
                        push(statuses, &message, None, group.clone());
                    }
                    "OrgnlPmtInfAndSts" => payments(&element, &message, group.as_ref(), statuses)?,
                    "TxInfAndSts" => payment(&element, &message, group.as_ref(), statuses)?,
                    _ => {}
                }
                if statuses.len() > MAX_LINES {
                    return Err(xml.wrong(format!("the file has more than {MAX_LINES} payments; ask the bank for smaller files")));
                }
            }
            Step::Close if statuses.len() == before => {
                return Err(xml.wrong("this message says nothing of any payment: ask the bank what it means"));
            }
            Step::Close | Step::End => return Ok(()),
        }
    }
}

/// A status and its reason.
type Said = (String, Option<String>);

fn payments(batch: &Element, message: &str, group: Option<&Said>, statuses: &mut Vec<PaymentStatus>) -> Result<(), Unreadable> {
    let own = said(batch, "PmtInfSts");
    push(statuses, message, None, own.clone());
    let whole = own.as_ref().or(group);
    batch.children("TxInfAndSts").try_for_each(|element| payment(element, message, whole, statuses))
}

/// One payment: its own status, or that of the batch or message around it.
fn payment(element: &Element, message: &str, whole: Option<&Said>, statuses: &mut Vec<PaymentStatus>) -> Result<(), Unreadable> {
    let end_to_end = element.identifier(&["OrgnlEndToEndId"])?;
    let own = said(element, "TxSts").or_else(|| whole.cloned());
    if end_to_end.is_some() {
        push(statuses, message, end_to_end, own);
    }
    Ok(())
}

fn said(element: &Element, name: &str) -> Option<Said> {
    let status = element.words(name, 4)?;
    let reasons = ["StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry", "StsRsnInf/StsRsn/Cd"];
    Some((status, reasons.iter().find_map(|path| element.words(path, 35))))
}

fn push(statuses: &mut Vec<PaymentStatus>, message: &str, end_to_end: Option<String>, said: Option<Said>) {
    if let Some((status, reason)) = said {
        statuses.push(PaymentStatus { message: message.to_owned(), end_to_end, status, reason });
    }
}
